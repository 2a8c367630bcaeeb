package io.lockstep.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.RevocationStore;
import io.lockstep.auth.TokenGrant;
import io.lockstep.directory.KeyPackageStore.PublishStatus;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

/// The contract of every [KeyPackageStore].
public interface KeyPackageStoreContract {
    Duration PATIENCE = Duration.ofSeconds(10);

    /// Before the stores' clock.
    Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    Instant LATER = Instant.parse("2060-01-01T00:00:00Z");
    AtomicLong USERS = new AtomicLong();
    KeyPackageKind SUITE_1 = KeyPackageKind.ofSuite(1);

    /// Stores of two nodes on the same data; the same store twice if there are no nodes.
    List<KeyPackageStore> nodes();

    /// The store in which devices of the stores' users are revoked.
    RevocationStore revocations();

    /// Advances the store's clock.
    void later(Duration time);

    private KeyPackageStore store() {
        return nodes().getFirst();
    }

    // PROTOCOL R-KP-11
    @Test
    @DisplayName("I6: a KeyPackage is handed out once, the oldest first")
    default void aKeyPackageIsHandedOutOnceTheOldestFirst() {
        var bob = client("phone");
        var first = keyPackage(bob, "first", 1);
        var second = keyPackage(bob, "second", 1);
        assertThat(publish(bob, first, second))
                .containsExactly(PublishStatus.STORED, PublishStatus.STORED);

        assertThat(claim(bob, 1)).contains(first);
        assertThat(claim(bob, 1)).contains(second);
        assertThat(claim(bob, 1)).isEmpty();
    }

    // PROTOCOL R-KP-10
    @Test
    @DisplayName(
            "I6: a ref that was ever published is not taken again, handed out or not, from"
                    + " whomever")
    default void aRefIsPublishedOnce() {
        var bob = client("phone");
        var mallory = client("phone");
        var once = keyPackage(bob, "once", 1);
        publish(bob, once);

        assertThat(publish(bob, once)).containsExactly(PublishStatus.DUPLICATE);
        claim(bob, 1);
        assertThat(publish(bob, once, keyPackage(bob, "another", 1)))
                .containsExactly(PublishStatus.DUPLICATE, PublishStatus.STORED);
        var stolen =
                new StoredKeyPackage(mallory, once.ref(), SUITE_1, false, LATER, text("stolen"));
        assertThat(publish(mallory, stolen)).containsExactly(PublishStatus.DUPLICATE);
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
        publish(
                phone,
                new StoredKeyPackage(phone, text("last"), SUITE_1, true, LATER, text("last")));
        var kept = keyPackage(laptop, "kept", 1);
        publish(laptop, kept);
        store().removeDevice(phone).block(PATIENCE);
        store().removeDevice(phone).block(PATIENCE);

        assertThat(claim(phone, 1)).isEmpty();
        assertThat(claim(phone, 2)).isEmpty();
        assertThat(store().devices(phone.user()).block(PATIENCE)).containsExactly("laptop");
        assertThat(publish(phone, single)).containsExactly(PublishStatus.DUPLICATE);
        assertThat(owners(single.ref())).isEqualTo(Map.of(single.ref(), phone));
        assertThat(claim(laptop, 1)).contains(kept);
    }

    @Test
    default void ofARemovedUserNothingIsLeft() {
        var phone = client("phone");
        var laptop = new ClientId(phone.user(), "laptop");
        var other = client("phone");
        var single = keyPackage(phone, "single", 1);
        var ofLaptop = keyPackage(laptop, "of laptop", 1);
        var ofOther = keyPackage(other, "of other", 1);
        publish(phone, single, keyPackage(phone, "other suite", 2));
        publish(laptop, ofLaptop);
        publish(other, ofOther);
        claim(laptop, 1);
        store().claimPolicy(phone.user(), new ClaimPolicy(ClaimPolicy.Allow.NOBODY, Set.of()))
                .block(PATIENCE);

        for (int again = 0; again < 2; again++) {
            store().removeUser(phone.user(), Set.of("phone", "laptop", "unpublished"))
                    .block(PATIENCE);
        }

        assertThat(claim(phone, 1)).isEmpty();
        assertThat(claim(laptop, 1)).isEmpty();
        assertThat(store().devices(phone.user()).block(PATIENCE)).isEmpty();
        assertThat(store().count(phone).block(PATIENCE)).isEmpty();
        assertThat(store().claimPolicy(phone.user()).block(PATIENCE)).isEqualTo(ClaimPolicy.ANYONE);
        assertThat(owners(single.ref())).isEmpty();
        assertThat(owners(ofLaptop.ref())).isEmpty();
        assertThat(publish(phone, single)).containsExactly(PublishStatus.STORED);
        assertThat(claim(other, 1)).contains(ofOther);
    }

    @Test
    default void theSameRefTwiceInOneCallIsADuplicateToo() {
        var bob = client("phone");
        var once = keyPackage(bob, "twice in one call", 1);

        assertThat(publish(bob, once, once))
                .containsExactly(PublishStatus.STORED, PublishStatus.DUPLICATE);
        assertThat(count(bob)).isEqualTo(Map.of(1, 1L));
    }

    // PROTOCOL R-KP-12 R-KP-13
    @Test
    default void aLastResortIsHandedOutAgainAndAgainButOnlyWhenNothingElseIsLeft() {
        var bob = client("phone");
        var last = lastResort(bob, "last", 1);
        var single = keyPackage(bob, "single", 1);
        publish(bob, last, single);

        assertThat(counts(bob)).isEqualTo(Map.of(SUITE_1, new KeyPackageCount(1, true)));
        assertThat(claim(bob, 1)).contains(single);
        assertThat(claim(bob, 1)).contains(last);
        assertThat(claim(bob, 1)).contains(last);

        var newer = lastResort(bob, "newer", 1);
        publish(bob, newer);
        assertThat(claim(bob, 1)).contains(newer);
        assertThat(owners(last.ref())).containsKey(last.ref());
    }

    // PROTOCOL R-LOW-4
    @Test
    default void theClaimsThatWereGivenALastResortAreCounted() {
        var bob = client("phone");
        var last = lastResort(bob, "last", 1);
        publish(bob, last, lastResort(bob, "of suite 2", 2));
        for (long claims = 1; claims <= 3; claims++) {
            assertThat(handOut(bob, ClaimRequest.ofSuites(List.of(1))))
                    .isEqualTo(new ClaimOutcome.KeyPackageFound(last, 0, claims));
        }
        assertThat(counts(bob))
                .isEqualTo(
                        Map.of(
                                SUITE_1,
                                new KeyPackageCount(0, true, 3),
                                KeyPackageKind.ofSuite(2),
                                new KeyPackageCount(0, true, 0)));
        assertThat(publish(bob, true, 10, offer(last))).containsExactly(PublishStatus.STORED);
        assertThat(counts(bob)).containsEntry(SUITE_1, new KeyPackageCount(0, true, 3));
        publish(bob, lastResort(bob, "newer", 1));
        assertThat(counts(bob)).containsEntry(SUITE_1, new KeyPackageCount(0, true, 0));
        claim(bob, 1);
        delete(bob, new DeletionScope.All());
        assertThat(counts(bob)).containsEntry(SUITE_1, new KeyPackageCount(0, false, 0));
        publish(bob, lastResort(bob, "newest", 1));
        assertThat(counts(bob)).containsEntry(SUITE_1, new KeyPackageCount(0, true, 0));
    }

    // PROTOCOL R-KP-19
    /// Bug: whoever knew one init_key could open the Welcomes of all KeyPackages that had it.
    @Test
    default void anInitKeyIsForOneKeyPackage() {
        var bob = client("phone");
        var first = offer(keyPackage(bob, "first", 1), "key");
        var again = offer(keyPackage(bob, "again", 1), "key");
        var twin = offer(keyPackage(bob, "twin", 2), "another key");
        assertThat(publish(bob, false, 10, first, twin, again))
                .containsExactly(
                        PublishStatus.STORED, PublishStatus.STORED, PublishStatus.INIT_KEY_REUSED);
        assertThat(publish(bob, false, 10, again, first))
                .containsExactly(PublishStatus.INIT_KEY_REUSED, PublishStatus.DUPLICATE);
        assertThat(owners(again.keyPackage().ref())).isEmpty();
        assertThat(claim(bob, 1)).contains(first.keyPackage());
        assertThat(publish(bob, false, 10, again)).containsExactly(PublishStatus.INIT_KEY_REUSED);
        delete(bob, new DeletionScope.All());
        store().removeDevice(bob).block(PATIENCE);
        assertThat(publish(bob, true, 10, again)).containsExactly(PublishStatus.INIT_KEY_REUSED);
        assertThat(claim(bob, 1)).isEmpty();

        // The key of another client proves nothing: its owner cannot use it.
        var carol = client("phone");
        assertThat(publish(carol, false, 10, offer(keyPackage(carol, "hers", 1), "key")))
                .containsExactly(PublishStatus.STORED);
        assertThat(publish(bob, keyPackage(bob, "no key", 1), keyPackage(bob, "no key 2", 1)))
                .containsExactly(PublishStatus.STORED, PublishStatus.STORED);
    }

    // PROTOCOL R-KP-19
    @Test
    default void whatWasRefusedForOtherReasonsLeavesItsInitKeyFree() {
        var bob = client("phone");
        var refused = offer(keyPackage(bob, "refused", 1), "key");
        assertThat(publish(bob, false, 1, offer(keyPackage(bob, "first", 1), "1"), refused))
                .containsExactly(PublishStatus.STORED, PublishStatus.TOO_MANY);
        assertThat(publish(bob, false, 2, refused)).containsExactly(PublishStatus.STORED);
    }

    // PROTOCOL R-CLAIM-1
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

    // PROTOCOL R-KP-14
    @Test
    default void anExpiredOneIsNotHandedOut() {
        var bob = client("phone");
        var expired =
                new StoredKeyPackage(
                        bob, ref("expired", bob), SUITE_1, false, NOW, text("expired"));
        var good = keyPackage(bob, "good", 1);
        publish(bob, expired, good);

        assertThat(claim(bob, 1)).contains(good);
        assertThat(claim(bob, 1)).isEmpty();
    }

    /// Bug: the number of packages removed at a time is bounded, so suite 2 handed out an expired
    /// one.
    @Test
    default void noneOfManyThatExpiredTogetherIsHandedOut() {
        var bob = client("phone");
        for (int suite = 1; suite <= 3; suite++) {
            var expired = new ArrayList<StoredKeyPackage>();
            for (int i = 0; i < 1_000; i++) {
                expired.add(ending(bob, "expired " + suite + " " + i, suite, NOW));
            }
            publish(bob, expired.toArray(StoredKeyPackage[]::new));
        }
        var good = keyPackage(bob, "good", 2);
        publish(bob, good);

        assertThat(claim(bob, 2)).contains(good);
        assertThat(handOut(bob, ClaimRequest.ofSuites(List.of(1, 2, 3))))
                .isEqualTo(new ClaimOutcome.Exhausted());
        assertThat(count(bob)).isEqualTo(Map.of(1, 0L, 2, 0L, 3, 0L));
    }

    // PROTOCOL R-KP-11
    @Test
    default void whatEndsSoonestIsHandedOutFirstAndNotAfterItsEnd() {
        var bob = client("phone");
        var late = ending(bob, "late", 1, LATER);
        var soon = ending(bob, "soon", 1, LATER.minus(Duration.ofDays(1)));
        var sooner = ending(bob, "sooner", 1, LATER.minus(Duration.ofDays(2)));
        publish(bob, late, soon, sooner);

        assertThat(claim(bob, 1)).contains(sooner);
        later(Duration.between(Instant.now(), LATER.minus(Duration.ofHours(12))));
        assertThat(claim(bob, 1)).contains(late);
        assertThat(claim(bob, 1)).isEmpty();
    }

    private static StoredKeyPackage ending(ClientId owner, String name, int suite, Instant end) {
        return new StoredKeyPackage(
                owner, ref(name, owner), KeyPackageKind.ofSuite(suite), false, end, text(name));
    }

    @Test
    default void whoAsksForLastResortsLeavesTheOthersAlone() {
        var bob = client("phone");
        var last = lastResort(bob, "last", 1);
        publish(bob, keyPackage(bob, "single", 1), last);

        var suite1 = ClaimRequest.ofSuites(List.of(1));
        assertThat(store().claim(bob, suite1, true).block(PATIENCE))
                .isEqualTo(new ClaimOutcome.KeyPackageFound(last, 0, 1));
        assertThat(count(bob)).isEqualTo(Map.of(1, 1L));
    }

    @Test
    default void allOfAClientsKeyPackagesTogetherAreBoundedInBytes() {
        var bob = client("phone");
        int each = 64 << 10;
        int fit = KeyPackageStore.PACKAGE_BYTES_MAX / (each + 200);
        var stored = 0;
        for (int i = 0; i < fit + 10; i++) {
            var big =
                    new StoredKeyPackage(
                            bob,
                            ref("big " + i, bob),
                            SUITE_1,
                            false,
                            LATER,
                            Bytes.wrap(new byte[each]));
            if (publish(bob, big).getFirst() == PublishStatus.STORED) {
                stored++;
            }
        }
        assertThat(stored).isBetween(fit - 1, fit + 1);
        assertThat(publish(bob, lastResort(bob, "x", 1))).doesNotContain(PublishStatus.DUPLICATE);
        delete(bob, new DeletionScope.All());
        assertThat(publish(bob, keyPackage(bob, "again", 1))).containsExactly(PublishStatus.STORED);
    }

    @Test
    default void featuresAreBoundedAndThoseOfNoPackageAreDeleted() {
        var bob = client("phone");
        for (int i = 0; i < KeyPackageStore.FEATURES_MAX; i++) {
            assertThat(publish(bob, false, 100, featured(bob, i)))
                    .containsExactly(PublishStatus.STORED);
        }
        int more = KeyPackageStore.FEATURES_MAX;
        assertThat(publish(bob, false, 100, featured(bob, more)))
                .containsExactly(PublishStatus.TOO_MANY);
        assertThat(handOut(bob, needing(features(Set.of(0xf000), Set.of()))))
                .isInstanceOf(ClaimOutcome.KeyPackageFound.class);
        assertThat(publish(bob, false, 100, featured(bob, more + 1)))
                .containsExactly(PublishStatus.STORED);
    }

    private static OfferedKeyPackage featured(ClientId owner, int number) {
        return new OfferedKeyPackage(
                keyPackage(owner, "featured " + number, 1),
                features(Set.of(0xf000 + number), Set.of()));
    }

    @Test
    default void aUserMayHaveOnlySoManyDevices() {
        var first = client("d0");
        for (int i = 0; i < KeyPackageStore.DEVICES_MAX; i++) {
            var device = new ClientId(first.user(), "d" + i);
            assertThat(publish(device, keyPackage(device, "of " + i, 1)))
                    .containsExactly(PublishStatus.STORED);
        }
        var more = new ClientId(first.user(), "more");
        assertThat(publish(more, keyPackage(more, "more", 1)))
                .containsExactly(PublishStatus.TOO_MANY);
        assertThat(publish(first, keyPackage(first, "again", 1)))
                .containsExactly(PublishStatus.STORED);
        store().removeDevice(first).block(PATIENCE);
        assertThat(publish(more, keyPackage(more, "another", 1)))
                .containsExactly(PublishStatus.STORED);
    }

    /// Bug: a revocation during the upload was ignored, and later packages were claimable.
    @Test
    default void aDeviceThatWasRevokedMeanwhilePublishesNothing() {
        var bob = client("phone");
        var issued = NOW.minusSeconds(100);
        revocations().revoke(new Revocation(bob, NOW.minusSeconds(50)), true).block(PATIENCE);
        var offers = List.of(offer(keyPackage(bob, "late", 1)));
        for (var since : List.of(issued, Instant.MIN, NOW.minusSeconds(50))) {
            var grant = new TokenGrant(bob, Instant.MAX, since);
            assertThatThrownBy(() ->
                            store().publish(new PublishRequest(grant, offers, false, 10))
                                    .block(PATIENCE))
                    .isInstanceOf(DeviceRevokedException.class);
        }
        assertThat(store().devices(bob.user()).block(PATIENCE)).isEmpty();
        assertThat(store().gone(List.of(bob, client("other"))).block(PATIENCE))
                .containsExactly(bob);

        var again = new TokenGrant(bob, Instant.MAX, NOW);
        assertThat(store().publish(new PublishRequest(again, offers, false, 10)).block(PATIENCE))
                .containsExactly(PublishStatus.STORED);
        assertThat(store().gone(List.of(bob)).block(PATIENCE)).isEmpty();
    }

    /// Bug: a refused KeyPackage was remembered for its whole lifetime.
    @Test
    default void whatWasNotStoredIsNobodys() {
        var bob = client("phone");
        var stored = keyPackage(bob, "stored", 1);
        var refused = keyPackage(bob, "refused", 1);
        var offers = List.of(offer(stored), offer(refused), offer(refused));
        assertThat(store().publish(PublishRequest.of(bob, offers, false, 1)).block(PATIENCE))
                .containsExactly(
                        PublishStatus.STORED, PublishStatus.TOO_MANY, PublishStatus.DUPLICATE);
        assertThat(owners(stored.ref(), refused.ref())).isEqualTo(Map.of(stored.ref(), bob));
        assertThat(store().joining(group("one"), List.of(refused.ref())).block(PATIENCE))
                .isEqualTo(new WelcomeRecipients(Map.of(), Set.of()));

        revocations().revoke(new Revocation(bob, NOW), true).block(PATIENCE);
        var late = keyPackage(bob, "late", 1);
        var grant = new TokenGrant(bob, Instant.MAX, NOW.minusSeconds(1));
        assertThatThrownBy(() ->
                        store().publish(new PublishRequest(grant, List.of(offer(late)), false, 10))
                                .block(PATIENCE))
                .isInstanceOf(DeviceRevokedException.class);
        assertThat(owners(late.ref())).isEmpty();

        claim(bob, 1);
        assertThat(publish(bob, refused)).containsExactly(PublishStatus.STORED);
        assertThat(owners(refused.ref())).isEqualTo(Map.of(refused.ref(), bob));
    }

    @Test
    default void amongManyUsersTheRevokedDevicesAreFound() {
        var all = new ArrayList<ClientId>();
        var expected = new HashSet<ClientId>();
        for (int i = 0; i < 1_000; i++) {
            var phone = client("phone");
            all.add(phone);
            if (i % 250 == 7) {
                var tablet = new ClientId(phone.user(), "tablet");
                all.add(tablet);
                for (var device : List.of(phone, tablet)) {
                    revocations().revoke(new Revocation(device, NOW), true).block(PATIENCE);
                }
                expected.add(tablet);
                publish(phone, keyPackage(phone, "again", 1));
            }
        }
        for (int i = 0; i < 600; i++) {
            all.add(new ClientId(all.get(7).user(), "of-many-" + i));
        }
        assertThat(store().gone(all).block(PATIENCE)).isEqualTo(expected);
    }

    // PROTOCOL R-JOIN-3 R-JOIN-4 R-JOIN-5
    @Test
    default void aSingleUseOneIsGoodForOneGroup() {
        var bob = client("phone");
        var single = keyPackage(bob, "single", 1);
        var last = lastResort(bob, "last", 1);
        publish(bob, single, last);
        var refs = List.of(single.ref(), last.ref(), ref("unknown", bob));
        var both = Map.of(single.ref(), bob, last.ref(), bob);

        assertThat(store().joining(group("one"), refs).block(PATIENCE))
                .isEqualTo(new WelcomeRecipients(both, Set.of()));
        assertThat(nodes().getLast().joining(group("one"), refs).block(PATIENCE))
                .as("the commit lost its race and is made anew")
                .isEqualTo(new WelcomeRecipients(both, Set.of()));
        assertThat(store().joining(group("two"), refs).block(PATIENCE))
                .isEqualTo(new WelcomeRecipients(Map.of(last.ref(), bob), Set.of(single.ref())));
        assertThat(owners(single.ref(), last.ref())).isEqualTo(both);
    }

    // PROTOCOL R-JOIN-3
    /// Bug: one claimed KeyPackage was welcomed into 500 groups.
    @Test
    default void ofManyGroupsAtOnceOneGetsASingleUseKeyPackage()
            throws InterruptedException, ExecutionException {
        var bob = client("phone");
        var single = keyPackage(bob, "single", 1);
        publish(bob, single);
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            var node = nodes().get(i % nodes().size());
            var group = group("group " + i);
            tasks.add(() -> {
                var recipients = node.joining(group, List.of(single.ref())).block(PATIENCE);
                return recipients != null && recipients.used().isEmpty();
            });
        }
        int bound = 0;
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (var task : threads.invokeAll(tasks)) {
                bound += task.get() ? 1 : 0;
            }
        }
        assertThat(bound).isEqualTo(1);
    }

    private static GroupId group(String name) {
        return new GroupId(text(name));
    }

    @Test
    default void aClientMayHoldOnlySoManyPerSuite() {
        var bob = client("phone");
        var outcomes =
                publish(
                        bob,
                        false,
                        2,
                        offer(keyPackage(bob, "a", 1)),
                        offer(keyPackage(bob, "b", 1)),
                        offer(keyPackage(bob, "c", 1)),
                        offer(keyPackage(bob, "d", 2)),
                        offer(lastResort(bob, "e", 1)));

        assertThat(outcomes)
                .containsExactly(
                        PublishStatus.STORED,
                        PublishStatus.STORED,
                        PublishStatus.TOO_MANY,
                        PublishStatus.STORED,
                        PublishStatus.STORED);
        claim(bob, 1);
        assertThat(publish(bob, keyPackage(bob, "c", 1))).containsExactly(PublishStatus.STORED);
        assertThat(count(bob)).isEqualTo(Map.of(1, 2L, 2, 1L));
    }

    /// Bug: other versions are not checked, and each of 65,534 could contain a thousand packages of
    /// 64 KiB.
    @Test
    default void aClientMayHaveOnlySoManyKinds() {
        var bob = client("phone");
        for (int version = 2; version < KeyPackageStore.KINDS_MAX + 2; version++) {
            assertThat(publish(bob, ofVersion(bob, "first", version)))
                    .containsExactly(PublishStatus.STORED);
        }
        int more = KeyPackageStore.KINDS_MAX + 2;

        assertThat(publish(bob, ofVersion(bob, "first", more), keyPackage(bob, "x", 1)))
                .containsExactly(PublishStatus.TOO_MANY, PublishStatus.TOO_MANY);
        assertThat(publish(bob, ofVersion(bob, "second", 2))).containsExactly(PublishStatus.STORED);
        assertThat(counts(bob)).hasSize(KeyPackageStore.KINDS_MAX);
    }

    private static StoredKeyPackage ofVersion(ClientId owner, String name, int version) {
        return new StoredKeyPackage(
                owner,
                ref(name + version, owner),
                KeyPackageKind.ofVersion(version),
                false,
                LATER,
                text(name));
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
    default void whatIsMissingIsToldApart() {
        var bob = client("phone");
        var suite1 = ClaimRequest.ofSuites(List.of(1));
        publish(bob, keyPackage(bob, "one", 1));
        claim(bob, 1);
        assertThat(handOut(bob, suite1)).isEqualTo(new ClaimOutcome.Exhausted());
        assertThat(handOut(client("other"), suite1)).isEqualTo(new ClaimOutcome.Exhausted());

        // Only a last resort of another suite exists, and it does not match.
        publish(bob, lastResort(bob, "of suite 2", 2));
        assertThat(handOut(bob, suite1)).isEqualTo(new ClaimOutcome.NothingCompatible());
    }

    @Test
    default void aClaimTellsHowManyAreLeft() {
        var bob = client("phone");
        publish(bob, keyPackage(bob, "a", 1), keyPackage(bob, "b", 1), lastResort(bob, "c", 1));
        var suite1 = ClaimRequest.ofSuites(List.of(1));
        for (long left : new long[] {1, 0, 0}) {
            assertThat(handOut(bob, suite1))
                    .isInstanceOfSatisfying(
                            ClaimOutcome.KeyPackageFound.class,
                            found -> assertThat(found.remaining()).isEqualTo(left));
        }
        assertThat(counts(bob)).isEqualTo(Map.of(SUITE_1, new KeyPackageCount(0, true, 1)));
    }

    @Test
    default void theOldestThatSupportsWhatIsNeededServes() {
        var bob = client("phone");
        var plain = keyPackage(bob, "plain", 1);
        var rich = keyPackage(bob, "rich", 1);
        var richer = keyPackage(bob, "richer", 1);
        publish(
                bob,
                false,
                10,
                new OfferedKeyPackage(plain, features(Set.of(), Set.of(1))),
                new OfferedKeyPackage(rich, features(Set.of(0xf001), Set.of(1, 2))),
                new OfferedKeyPackage(richer, features(Set.of(0xf001, 0xf002), Set.of(1, 2))));

        assertThat(handOut(bob, needing(features(Set.of(0xf003), Set.of()))))
                .isEqualTo(new ClaimOutcome.NothingCompatible());
        assertThat(handOut(bob, needing(features(Set.of(0xf001, 4), Set.of(2)))))
                .isEqualTo(new ClaimOutcome.KeyPackageFound(rich, 2, 0));
        assertThat(handOut(bob, needing(features(Set.of(0xf001), Set.of()))))
                .isEqualTo(new ClaimOutcome.KeyPackageFound(richer, 1, 0));
        assertThat(claim(bob, 1)).contains(plain);
    }

    private static Features features(Set<Integer> extensions, Set<Integer> credentials) {
        return new Features(extensions, Set.of(), credentials);
    }

    private static ClaimRequest needing(Features features) {
        return new ClaimRequest(List.of(1), List.of(1), features);
    }

    // PROTOCOL R-KP-18
    @Test
    default void anotherVersionIsGivenOnlyToWhoAsksForIt() {
        var bob = client("phone");
        var known = keyPackage(bob, "known", 1);
        var unknown =
                new StoredKeyPackage(
                        bob,
                        ref("unknown", bob),
                        KeyPackageKind.ofVersion(2),
                        false,
                        LATER,
                        text("?"));
        publish(bob, unknown, known);

        assertThat(handOut(bob, new ClaimRequest(List.of(1), List.of(3), Features.NONE)))
                .isEqualTo(new ClaimOutcome.NothingCompatible());
        assertThat(claim(bob, 1)).contains(known);
        assertThat(claim(bob, 1, 2)).isEmpty();
        assertThat(counts(bob))
                .isEqualTo(
                        Map.of(
                                SUITE_1,
                                new KeyPackageCount(0, false),
                                KeyPackageKind.ofVersion(2),
                                new KeyPackageCount(1, false)));
        var needed = features(Set.of(0xf001), Set.of());
        assertThat(handOut(bob, new ClaimRequest(List.of(1), List.of(1, 2), needed)))
                .isEqualTo(new ClaimOutcome.KeyPackageFound(unknown, 0, 0));
    }

    @Test
    default void replacingDeletesAllOthersOfTheSameSuites() {
        var bob = client("phone");
        var old = keyPackage(bob, "old", 1);
        var stays = keyPackage(bob, "stays", 1);
        var oldLast = lastResort(bob, "old last", 1);
        var other = keyPackage(bob, "of suite 2", 2);
        publish(bob, old, stays, oldLast, other);
        var fresh = keyPackage(bob, "fresh", 1);

        var offers = new OfferedKeyPackage[] {offer(fresh), offer(stays)};
        assertThat(publish(bob, true, 10, offers))
                .containsExactly(PublishStatus.STORED, PublishStatus.STORED);
        assertThat(publish(bob, true, 10, offers))
                .as("asked again after an answer got lost")
                .containsExactly(PublishStatus.STORED, PublishStatus.STORED);

        assertThat(counts(bob))
                .isEqualTo(
                        Map.of(
                                SUITE_1,
                                new KeyPackageCount(2, false),
                                KeyPackageKind.ofSuite(2),
                                new KeyPackageCount(1, false)));
        assertThat(List.of(claim(bob, 1), claim(bob, 1)))
                .containsExactlyInAnyOrder(Optional.of(stays), Optional.of(fresh));
        assertThat(publish(bob, old)).containsExactly(PublishStatus.DUPLICATE);
        assertThat(publish(bob, true, 10, offer(stays))).containsExactly(PublishStatus.DUPLICATE);
    }

    @Test
    @DisplayName("I6: a deleted one is not handed out, and not taken again")
    default void whatIsDeletedIsGone() {
        var bob = client("phone");
        var a = keyPackage(bob, "a", 1);
        var b = keyPackage(bob, "b", 1);
        var c = keyPackage(bob, "c", 2);
        var last = lastResort(bob, "last", 2);
        publish(bob, a, b, c, last);

        assertThat(delete(bob, new DeletionScope.OfRef(a.ref()))).isEqualTo(1);
        assertThat(delete(bob, new DeletionScope.OfRef(a.ref()))).isZero();
        assertThat(delete(client("phone"), new DeletionScope.OfRef(b.ref()))).isZero();
        assertThat(claim(bob, 1)).contains(b);
        assertThat(delete(bob, new DeletionScope.OfRef(b.ref()))).as("handed out").isZero();
        assertThat(delete(bob, new DeletionScope.OfRef(last.ref()))).isEqualTo(1);
        assertThat(counts(bob).get(KeyPackageKind.ofSuite(2)))
                .isEqualTo(new KeyPackageCount(1, false));
        assertThat(delete(bob, new DeletionScope.OfKind(SUITE_1))).isZero();
        assertThat(delete(bob, new DeletionScope.OfKind(KeyPackageKind.ofSuite(2)))).isEqualTo(1);
        publish(bob, keyPackage(bob, "d", 3), lastResort(bob, "e", 3));
        assertThat(delete(bob, new DeletionScope.All())).isEqualTo(2);
        assertThat(publish(bob, a, c)).containsOnly(PublishStatus.DUPLICATE);
        assertThat(claim(bob, 1, 2, 3)).isEmpty();
        assertThat(owners(a.ref())).containsKey(a.ref());
    }

    private long delete(ClientId owner, DeletionScope which) {
        return store().delete(owner, which).blockOptional(PATIENCE).orElseThrow();
    }

    @Test
    default void whoMayClaimIsRemembered() {
        var user = client("phone").user();
        assertThat(store().claimPolicy(user).block(PATIENCE)).isEqualTo(ClaimPolicy.ANYONE);
        var listed = new ClaimPolicy(ClaimPolicy.Allow.LISTED, Set.of("alice", "carol"));
        store().claimPolicy(user, listed).block(PATIENCE);
        assertThat(nodes().getLast().claimPolicy(user).block(PATIENCE)).isEqualTo(listed);
        assertThat(store().claimPolicy(client("phone").user()).block(PATIENCE))
                .isEqualTo(ClaimPolicy.ANYONE);
    }

    /// Bug: a user of three nodes had three budgets.
    @Test
    default void theBudgetForUploadsIsSharedByAllNodes() {
        var user = client("phone").user();
        int third = KeyPackageLimits.CHECK_UNITS_MAX / 3;
        assertThat(charge(0, user, 0)).isZero();
        assertThat(charge(0, user, third)).isZero();
        assertThat(charge(1, user, third)).isZero();
        // The upload that exceeds the budget is taken; the next one waits, on every node.
        assertThat(charge(0, user, third + 100)).isPositive();
        var wait = charge(1, user, 0);
        assertThat(wait).isPositive().isLessThan(Duration.ofSeconds(10));
        assertThat(charge(0, client("phone").user(), 0)).isZero();

        later(Duration.ofSeconds(10));
        assertThat(charge(1, user, 0)).isZero();
        assertThat(charge(1, user, KeyPackageLimits.CHECK_UNITS_MAX)).isPositive();
        later(KeyPackageLimits.CHECKS_PERIOD.multipliedBy(3));
        assertThat(charge(0, user, KeyPackageLimits.CHECK_UNITS_MAX - 100)).isZero();
    }

    private Duration charge(int node, String user, int units) {
        return nodes().get(node).chargeUpload(user, units).blockOptional(PATIENCE).orElseThrow();
    }

    // PROTOCOL R-JOIN-12
    @Test
    default void amongManyUsersThoseAreFoundWhosePolicyRefuses() {
        var all = new ArrayList<String>();
        var expected = new HashSet<String>();
        for (int i = 0; i < 1_000; i++) {
            var user = client("phone").user();
            all.add(user);
            if (i % 100 == 7) {
                store().claimPolicy(user, new ClaimPolicy(ClaimPolicy.Allow.NOBODY, Set.of()))
                        .block(PATIENCE);
                expected.add(user);
            } else if (i % 100 == 8) {
                var friends = i > 500 ? Set.of("alice", "carol") : Set.of("carol");
                store().claimPolicy(user, new ClaimPolicy(ClaimPolicy.Allow.LISTED, friends))
                        .block(PATIENCE);
                if (!friends.contains("alice")) {
                    expected.add(user);
                }
            }
        }
        assertThat(nodes().getLast().refusing("alice", all).block(PATIENCE)).isEqualTo(expected);
        assertThat(store().refusing("alice", List.of()).block(PATIENCE)).isEmpty();
        var self = expected.iterator().next();
        assertThat(store().refusing(self, List.of(self)).block(PATIENCE)).isEmpty();
    }

    @Test
    default void everyNodeHearsWhoRunsLow() throws InterruptedException {
        var bob = client("phone");
        var heard = new CountDownLatch(nodes().size());
        var listening =
                nodes().stream()
                        .map(node ->
                                node.low().filter(bob::equals).subscribe(_ -> heard.countDown()))
                        .toList();
        store().announceLow(bob).block(PATIENCE);
        assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();
        listening.forEach(Disposable::dispose);
    }

    // PROTOCOL R-KP-11
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
                    if (node.claim(bob, ClaimRequest.ofSuites(List.of(1)), false).block(PATIENCE)
                            instanceof ClaimOutcome.KeyPackageFound(var keyPackage, _, _)) {
                        claimed.add(keyPackage);
                    }
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

    private List<PublishStatus> publish(ClientId owner, StoredKeyPackage... packages) {
        return publish(
                owner,
                false,
                1_000,
                Stream.of(packages)
                        .map(KeyPackageStoreContract::offer)
                        .toArray(OfferedKeyPackage[]::new));
    }

    private List<PublishStatus> publish(
            ClientId owner, boolean replace, int countMax, OfferedKeyPackage... offers) {
        return store().publish(PublishRequest.of(owner, List.of(offers), replace, countMax))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private static OfferedKeyPackage offer(StoredKeyPackage keyPackage) {
        return new OfferedKeyPackage(keyPackage, Features.NONE);
    }

    private static OfferedKeyPackage offer(StoredKeyPackage keyPackage, String initKey) {
        return new OfferedKeyPackage(keyPackage, Features.NONE, text(initKey));
    }

    private Optional<StoredKeyPackage> claim(ClientId owner, Integer... suites) {
        return handOut(owner, ClaimRequest.ofSuites(List.of(suites)))
                        instanceof ClaimOutcome.KeyPackageFound(var k, _, _)
                ? Optional.of(k)
                : Optional.empty();
    }

    private ClaimOutcome handOut(ClientId owner, ClaimRequest wanted) {
        return store().claim(owner, wanted, false).blockOptional(PATIENCE).orElseThrow();
    }

    private Map<KeyPackageKind, KeyPackageCount> counts(ClientId owner) {
        return store().count(owner).blockOptional(PATIENCE).orElseThrow();
    }

    private Map<Integer, Long> count(ClientId owner) {
        return counts(owner).entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().suite(), e -> e.getValue().singleUse()));
    }

    private Map<Bytes, ClientId> owners(Bytes... refs) {
        return store().owners(List.of(refs)).blockOptional(PATIENCE).orElseThrow();
    }

    /// A client of a user that no other test of this process uses.
    private static ClientId client(String device) {
        return new ClientId("user" + USERS.incrementAndGet(), device);
    }

    private static StoredKeyPackage keyPackage(ClientId owner, String name, int suite) {
        return new StoredKeyPackage(
                owner, ref(name, owner), KeyPackageKind.ofSuite(suite), false, LATER, text(name));
    }

    private static StoredKeyPackage lastResort(ClientId owner, String name, int suite) {
        return new StoredKeyPackage(
                owner, ref(name, owner), KeyPackageKind.ofSuite(suite), true, LATER, text(name));
    }

    private static Bytes ref(String name, ClientId owner) {
        return text(name + " of " + owner.user()).sha256();
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
