package io.lockstep.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.KeyPackageStore.Published;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// What every [KeyPackageStore] must do.
public interface KeyPackageStoreContract {
    Duration PATIENCE = Duration.ofSeconds(10);
    Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
    Instant LATER = NOW.plus(Duration.ofDays(30));
    AtomicLong USERS = new AtomicLong();

    /// Stores of two nodes on the same data; the same one twice where there are no nodes.
    List<KeyPackageStore> nodes();

    private KeyPackageStore store() {
        return nodes().getFirst();
    }

    @Test
    @DisplayName("I6: a KeyPackage is handed out once, the oldest first")
    default void aKeyPackageIsHandedOutOnceTheOldestFirst() {
        var bob = client("phone");
        var first = keyPackage(bob, "first", 1);
        var second = keyPackage(bob, "second", 1);
        assertThat(publish(bob, first, second)).containsExactly(Published.STORED, Published.STORED);

        assertThat(claim(bob, 1)).contains(first);
        assertThat(claim(bob, 1)).contains(second);
        assertThat(claim(bob, 1)).isEmpty();
    }

    @Test
    @DisplayName(
            "I6: a ref that was ever published is not taken again, handed out or not, from whomever")
    default void aRefIsPublishedOnce() {
        var bob = client("phone");
        var mallory = client("phone");
        var once = keyPackage(bob, "once", 1);
        publish(bob, once);

        assertThat(publish(bob, once)).containsExactly(Published.DUPLICATE);
        claim(bob, 1);
        assertThat(publish(bob, once, keyPackage(bob, "another", 1)))
                .containsExactly(Published.DUPLICATE, Published.STORED);
        var stolen = new StoredKeyPackage(mallory, once.ref(), 1, false, LATER, text("stolen"));
        assertThat(publish(mallory, stolen)).containsExactly(Published.DUPLICATE);
        assertThat(claim(mallory, 1)).isEmpty();
        assertThat(owners(once.ref())).isEqualTo(Map.of(once.ref(), bob));
    }

    @Test
    @DisplayName("I6: of a removed device nothing is handed out, and its refs stay taken")
    default void aRemovedDeviceHasNothingLeft() {
        var phone = client("phone");
        var laptop = new ClientId(phone.user(), "laptop");
        var single = keyPackage(phone, "single", 1);
        publish(phone, single, keyPackage(phone, "other suite", 2));
        publish(phone, new StoredKeyPackage(phone, text("last"), 1, true, LATER, text("last")));
        var kept = keyPackage(laptop, "kept", 1);
        publish(laptop, kept);
        store().removeDevice(phone).block(PATIENCE);
        store().removeDevice(phone).block(PATIENCE);

        assertThat(claim(phone, 1)).isEmpty();
        assertThat(claim(phone, 2)).isEmpty();
        assertThat(store().devices(phone.user()).block(PATIENCE)).containsExactly("laptop");
        assertThat(publish(phone, single)).containsExactly(Published.DUPLICATE);
        assertThat(owners(single.ref())).isEqualTo(Map.of(single.ref(), phone));
        assertThat(claim(laptop, 1)).contains(kept);
    }

    @Test
    default void theSameRefTwiceInOneCallIsADuplicateToo() {
        var bob = client("phone");
        var once = keyPackage(bob, "twice in one call", 1);

        assertThat(publish(bob, once, once)).containsExactly(Published.STORED, Published.DUPLICATE);
        assertThat(count(bob)).isEqualTo(Map.of(1, 1L));
    }

    @Test
    default void aLastResortIsHandedOutAgainAndAgainButOnlyWhenNothingElseIsLeft() {
        var bob = client("phone");
        var last = lastResort(bob, "last", 1);
        var single = keyPackage(bob, "single", 1);
        publish(bob, last, single);

        assertThat(count(bob)).isEqualTo(Map.of(1, 1L));
        assertThat(claim(bob, 1)).contains(single);
        assertThat(claim(bob, 1)).contains(last);
        assertThat(claim(bob, 1)).contains(last);

        var newer = lastResort(bob, "newer", 1);
        publish(bob, newer);
        assertThat(claim(bob, 1)).contains(newer);
        assertThat(owners(last.ref())).containsKey(last.ref());
    }

    @Test
    default void theFirstSuiteThatHasOneServes() {
        var bob = client("phone");
        var second = keyPackage(bob, "of suite 2", 2);
        var third = keyPackage(bob, "of suite 3", 3);
        publish(bob, third, second);

        assertThat(claim(bob, 1)).isEmpty();
        assertThat(claim(bob, 1, 2, 3)).contains(second);
        assertThat(claim(bob, 1, 2, 3)).contains(third);
        assertThat(claim(bob, 1, 2, 3)).isEmpty();
    }

    @Test
    default void anExpiredOneIsNotHandedOut() {
        var bob = client("phone");
        var expired =
                new StoredKeyPackage(bob, ref("expired", bob), 1, false, NOW, text("expired"));
        var good = keyPackage(bob, "good", 1);
        publish(bob, expired, good);

        assertThat(claim(bob, 1)).contains(good);
        assertThat(claim(bob, 1)).isEmpty();
    }

    @Test
    default void aClientMayHoldOnlySoManyPerSuite() {
        var bob = client("phone");
        var outcomes =
                store().publish(
                                bob,
                                List.of(
                                        keyPackage(bob, "a", 1),
                                        keyPackage(bob, "b", 1),
                                        keyPackage(bob, "c", 1),
                                        keyPackage(bob, "d", 2),
                                        lastResort(bob, "e", 1)),
                                2)
                        .block(PATIENCE);

        assertThat(outcomes)
                .containsExactly(
                        Published.STORED,
                        Published.STORED,
                        Published.TOO_MANY,
                        Published.STORED,
                        Published.STORED);
        claim(bob, 1);
        assertThat(publish(bob, keyPackage(bob, "c", 1))).containsExactly(Published.STORED);
        assertThat(count(bob)).isEqualTo(Map.of(1, 2L, 2, 1L));
    }

    @Test
    default void devicesAreThoseThatEverPublished() {
        var phone = client("phone");
        var laptop = new ClientId(phone.user(), "laptop");
        publish(phone, keyPackage(phone, "x", 1));
        publish(laptop, lastResort(laptop, "y", 1));
        claim(phone, 1);

        assertThat(store().devices(phone.user()).block(PATIENCE))
                .containsExactlyInAnyOrder("phone", "laptop");
        assertThat(store().devices("nobody").block(PATIENCE)).isEmpty();
    }

    @Test
    default void ownersAreFoundByRefHandedOutOrNot() {
        var bob = client("phone");
        var carol = client("phone");
        var first = keyPackage(bob, "first", 1);
        var second = keyPackage(carol, "second", 1);
        publish(bob, first);
        publish(carol, second);
        claim(bob, 1);

        assertThat(owners(first.ref(), second.ref(), ref("unknown", bob)))
                .isEqualTo(Map.of(first.ref(), bob, second.ref(), carol));
        assertThat(store().owners(List.of()).block(PATIENCE)).isEmpty();
    }

    @Test
    @DisplayName("I6: many who claim at once, on two nodes, get every KeyPackage once")
    default void manyWhoClaimAtOnceGetEveryKeyPackageOnce()
            throws InterruptedException, ExecutionException {
        int claimers = 8;
        int each = 50;
        var bob = client("phone");
        var packages = new ArrayList<StoredKeyPackage>();
        for (int i = 0; i < claimers * each; i++) {
            packages.add(keyPackage(bob, "package " + i, 1));
        }
        publish(bob, packages.toArray(StoredKeyPackage[]::new));
        List<Callable<List<StoredKeyPackage>>> tasks = new ArrayList<>();
        for (int i = 0; i < claimers; i++) {
            var node = nodes().get(i % nodes().size());
            tasks.add(() -> {
                var claimed = new ArrayList<StoredKeyPackage>();
                for (int n = 0; n < each; n++) {
                    node.claim(bob, List.of(1), NOW)
                            .blockOptional(PATIENCE)
                            .orElseThrow()
                            .ifPresent(claimed::add);
                }
                return claimed;
            });
        }

        var claimed = new ArrayList<StoredKeyPackage>();
        try (var threads = Executors.newFixedThreadPool(claimers)) {
            for (var task : threads.invokeAll(tasks)) {
                claimed.addAll(task.get());
            }
        }

        assertThat(claimed).containsExactlyInAnyOrderElementsOf(packages);
        assertThat(claim(bob, 1)).isEmpty();
    }

    private List<Published> publish(ClientId owner, StoredKeyPackage... packages) {
        return store().publish(owner, List.of(packages), 1_000)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private Optional<StoredKeyPackage> claim(ClientId owner, Integer... suites) {
        return store().claim(owner, List.of(suites), NOW).blockOptional(PATIENCE).orElseThrow();
    }

    private Map<Integer, Long> count(ClientId owner) {
        return store().count(owner).blockOptional(PATIENCE).orElseThrow();
    }

    private Map<Bytes, ClientId> owners(Bytes... refs) {
        return store().owners(List.of(refs)).blockOptional(PATIENCE).orElseThrow();
    }

    /// A client of a user that no other test of this process has.
    private static ClientId client(String device) {
        return new ClientId("user" + USERS.incrementAndGet(), device);
    }

    private static StoredKeyPackage keyPackage(ClientId owner, String name, int suite) {
        return new StoredKeyPackage(owner, ref(name, owner), suite, false, LATER, text(name));
    }

    private static StoredKeyPackage lastResort(ClientId owner, String name, int suite) {
        return new StoredKeyPackage(owner, ref(name, owner), suite, true, LATER, text(name));
    }

    private static Bytes ref(String name, ClientId owner) {
        return text(name + " of " + owner.user()).sha256();
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
