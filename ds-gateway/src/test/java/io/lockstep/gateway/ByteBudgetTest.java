package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.AddressBlock;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.ByteBudget.Holder;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ByteBudgetTest {
    private final List<String> evicted = new ArrayList<>();
    private final ByteBudget budget = new ByteBudget(100, 40, 60);

    private ByteBudget.Account account(String name) {
        return budget.open(Holder.of(name), () -> evicted.add(name));
    }

    @Test
    void aHolderHasAShareOnAllItsAccounts() {
        var first = account("a");
        assertThat(first.hold(30)).isTrue();
        assertThat(account("a").hold(11)).isFalse();
        assertThat(account("a").hold(10)).isTrue();
        assertThat(first.hold(20)).isTrue();
        assertThat(account("a").hold(10)).isTrue();
        assertThat(budget.held()).isEqualTo(40);
        assertThat(evicted).isEmpty();
    }

    @Test
    void theLargestHolderIsEvicted() {
        assertThat(account("a").hold(40)).isTrue();
        assertThat(account("b").hold(30)).isTrue();
        assertThat(account("c").hold(30)).isTrue();

        assertThat(account("d").hold(20)).isTrue();
        assertThat(evicted).containsExactly("a");
        assertThat(budget.held()).isEqualTo(80);
    }

    @Test
    void aHolderThatWouldHoldTheMostIsRefused() {
        for (var name : List.of("a", "b", "c", "d")) {
            assertThat(account(name).hold(25)).isTrue();
        }
        assertThat(account("e").hold(26)).isFalse();
        assertThat(evicted).isEmpty();
        assertThat(budget.held()).isEqualTo(100);
    }

    @Test
    void anEvictedAccountHoldsNothing() {
        var a = account("a");
        assertThat(a.hold(40)).isTrue();
        assertThat(account("b").hold(35)).isTrue();
        assertThat(account("c").hold(30)).isTrue();
        assertThat(a.hold(41)).isFalse();
        assertThat(a.hold(1)).isFalse();
        a.release();
        assertThat(budget.held()).isEqualTo(65);
    }

    @Test
    void theAddressesOfOneSiteHaveAShareTogether() throws Exception {
        for (int i = 0; i < 2; i++) {
            assertThat(of("2001:db8:1:" + i + "::1").hold(30)).isTrue();
        }
        assertThat(of("2001:db8:1:9::1").hold(10)).isFalse();
        assertThat(of("2001:db8:2::1").hold(30)).isTrue();
    }

    private ByteBudget.Account of(String address) throws Exception {
        return budget.open(
                Holder.ofAddress(AddressBlock.of(InetAddress.getByName(address))),
                () -> evicted.add(address));
    }

    /// Behind a proxy that does not tell addresses, all clients are one holder. Eight of them
    /// locked out the rest.
    @Test
    void withinOneAddressTheLargestIsEvictedForASmallerOne() {
        var budget = ByteBudget.ofUnauthenticated(100, 40, 60);
        var anybody = Holder.ofAddress(AddressBlock.UNKNOWN);
        for (int i = 0; i < 4; i++) {
            assertThat(budget.open(anybody, () -> evicted.add("large")).hold(25)).isTrue();
        }
        assertThat(budget.open(anybody, () -> evicted.add("small")).hold(25)).isFalse();
        assertThat(budget.open(anybody, () -> evicted.add("small")).hold(5)).isTrue();
        assertThat(evicted).containsExactly("large");

        evicted.clear();
        var known = Holder.of("a");
        var other = ByteBudget.ofUnauthenticated(100, 40, 60);
        assertThat(other.open(known, () -> evicted.add("large")).hold(40)).isTrue();
        assertThat(other.open(known, () -> evicted.add("small")).hold(5)).isTrue();
        assertThat(evicted).containsExactly("large");
        assertThat(other.held()).isEqualTo(5);
    }
}
