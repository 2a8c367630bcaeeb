package io.lockstep.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/// What every [RevocationStore] must do.
public interface RevocationStoreContract {
    Duration PATIENCE = Duration.ofSeconds(10);
    Instant NOON = Instant.parse("2026-01-01T12:00:00.123Z");
    AtomicLong USERS = new AtomicLong();

    /// Stores of two nodes on the same data; the same one twice where there are no nodes.
    List<RevocationStore> nodes();

    @Test
    default void aDeviceIsRevokedOnEveryNodeAndNoOtherIs() {
        var phone = client();
        assertThat(find(1, phone)).isNull();
        revoke(phone, NOON);

        assertThat(find(0, phone)).isEqualTo(new Revocation(phone, NOON));
        assertThat(find(1, phone)).isEqualTo(new Revocation(phone, NOON));
        assertThat(find(1, new ClientId(phone.user(), "laptop"))).isNull();
        assertThat(find(1, client())).isNull();
    }

    @Test
    default void theLaterRevocationCounts() {
        var phone = client();
        revoke(phone, NOON);
        revoke(phone, NOON.plusSeconds(1));
        assertThat(find(1, phone)).isEqualTo(new Revocation(phone, NOON.plusSeconds(1)));
        revoke(phone, NOON.minusSeconds(1));
        assertThat(find(1, phone)).isEqualTo(new Revocation(phone, NOON.plusSeconds(1)));
    }

    @Test
    default void everyNodeHearsOfARevocation() throws InterruptedException {
        var phone = client();
        var heard = nodes().stream().map(_ -> new LinkedBlockingQueue<Revocation>()).toList();
        var subscriptions =
                List.of(
                        nodes().get(0).notices().subscribe(heard.get(0)::add),
                        nodes().get(1).notices().subscribe(heard.get(1)::add));
        try {
            revoke(phone, NOON);
            for (var queue : heard) {
                var next = queue.poll(10, TimeUnit.SECONDS);
                while (next != null && !next.client().equals(phone)) {
                    next = queue.poll(10, TimeUnit.SECONDS);
                }
                assertThat(next).isEqualTo(new Revocation(phone, NOON));
            }
        } finally {
            subscriptions.forEach(subscription -> subscription.dispose());
        }
    }

    @Test
    default void aUserRevokesSoManyDevicesAndNoMore() {
        var user = client().user();
        var revoked =
                Flux.range(0, RevocationStore.PER_USER_MAX)
                        .map(i -> new Revocation(new ClientId(user, "device" + i), NOON))
                        .flatMap(revocation -> nodes().getFirst().revoke(revocation, false))
                        .collectList()
                        .block(PATIENCE);
        assertThat(revoked).hasSize(RevocationStore.PER_USER_MAX).doesNotContain(false);
        var more = new ClientId(user, "more");
        assertThat(attempt(more, NOON)).isFalse();
        assertThat(find(0, more)).isNull();
        assertThat(attempt(new ClientId(user, "device7"), NOON.plusSeconds(1))).isTrue();
        assertThat(nodes().getFirst().revoke(new Revocation(more, NOON), true).block(PATIENCE))
                .as("a device that there is")
                .isTrue();
        assertThat(find(1, more)).isEqualTo(new Revocation(more, NOON));
    }

    private void revoke(ClientId client, Instant at) {
        assertThat(attempt(client, at)).isTrue();
    }

    private Boolean attempt(ClientId client, Instant at) {
        return nodes().getFirst()
                .revoke(new Revocation(client, at), false)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private @org.jspecify.annotations.Nullable Revocation find(int node, ClientId client) {
        return nodes().get(node).of(client).block(PATIENCE);
    }

    /// A client that no other test of this process has.
    private static ClientId client() {
        return new ClientId("revoker" + USERS.incrementAndGet(), "phone");
    }
}
