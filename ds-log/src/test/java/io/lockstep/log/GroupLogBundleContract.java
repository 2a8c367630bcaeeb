package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: all parts of a commit take effect with it, or none does.
public interface GroupLogBundleContract {
    /// The limits of the log under test: few members, so that a test fills a group soon.
    LogLimits LIMITS = new LogLimits(1_300, 1_200, 1L << 30, 128L << 20);

    /// The log under test; the same for the whole of one test.
    GroupLog log();

    // PROTOCOL R-COMMIT-3
    @Test
    default void aCommitsGroupInfoReplacesTheOneBeforeAndACommitWithoutOneKeepsIt() {
        var writer = GroupWriter.create(log());
        assertThat(groupInfo(writer)).isEmpty();

        writer.append(bundle(writer, "first", RosterDelta.NONE, "", "info 1"));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(1, GroupWriter.text("info 1")));
        writer.append(writer.application("changes nothing"));
        assertThat(groupInfo(writer)).isPresent();
        writer.append(
                bundle(writer, "second", RosterDelta.NONE, "", "info 2"),
                bundle(writer, "third", RosterDelta.NONE, "", "info 3"));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(3, GroupWriter.text("info 3")));
        writer.append(writer.commit("fourth"));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(3, GroupWriter.text("info 3")));
        writer.append(
                bundle(writer, "fifth", RosterDelta.NONE, "", "info 5"), writer.commit("sixth"));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(5, GroupWriter.text("info 5")));
    }

    // PROTOCOL R-DELIVERY-9
    @Test
    @DisplayName("I2: the names of a commit are read as they were appended")
    default void theNamesOfACommitAreReadAgain() {
        var writer = GroupWriter.create(log());
        var named = new PartContent.Inline(GroupWriter.text("bob/phone"));
        var batch =
                List.of(
                        writer.naming("adds bob", Optional.of(named)),
                        writer.naming("nobody", Optional.of(new PartContent.Inline(Bytes.EMPTY))),
                        writer.naming("of an earlier release", Optional.empty()));
        writer.append(batch);
        var read = log().read(writer.group(), 0, 10, 1 << 20).blockOptional(GroupWriter.PATIENCE);
        assertThat(((ReadOutcome.Entries) read.orElseThrow()).entries())
                .isEqualTo(batch.stream().map(NewEntry::entry).toList());
        var loaded = log().load(writer.group(), 10).blockOptional(GroupWriter.PATIENCE);
        assertThat(loaded.orElseThrow().recent())
                .isEqualTo(batch.stream().map(NewEntry::entry).toList());
    }

    // PROTOCOL R-INFO-6
    @Test
    default void aGroupInfoOfTheCurrentEpochMayBeFiledLater() {
        var writer = GroupWriter.create(log());
        assertThat(file(writer, 0, "info 0")).isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(0, GroupWriter.text("info 0")));
        writer.append(writer.commit("first"));
        writer.append(writer.application("in epoch 1"));

        // Of an epoch that is over, of one that has not begun, and of another log.
        var tail = log().tail(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(file(writer, 0, "late")).isEqualTo(new GroupInfoOutcome.EpochDiffers(tail));
        assertThat(file(writer, 2, "early")).isEqualTo(new GroupInfoOutcome.EpochDiffers(tail));
        assertThat(
                        log().fileGroupInfo(
                                        writer.group(),
                                        Bytes.wrap(new byte[GroupHead.INCARNATION_BYTES]),
                                        0,
                                        new StoredGroupInfo(1, GroupWriter.text("other")))
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(new GroupInfoOutcome.EpochDiffers(tail));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(0, GroupWriter.text("info 0")));

        assertThat(file(writer, 1, "info 1")).isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(file(writer, 1, "info 1")).isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(1, GroupWriter.text("info 1")));
        // The log goes on from where it was.
        assertThat(writer.append(bundle(writer, "second", RosterDelta.NONE, "", "info 2")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(2, GroupWriter.text("info 2")));
    }

    @Test
    default void noGroupInfoIsFiledForAGroupThatDoesNotExist() {
        assertThat(
                        log().fileGroupInfo(
                                        GroupWriter.freshGroup(),
                                        Bytes.wrap(new byte[GroupHead.INCARNATION_BYTES]),
                                        0,
                                        new StoredGroupInfo(0, GroupWriter.text("info")))
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(new GroupInfoOutcome.GroupMissing());
    }

    private GroupInfoOutcome file(GroupWriter writer, long epoch, String info) {
        return log().fileGroupInfo(
                        writer.group(),
                        writer.logPosition().incarnation(),
                        0,
                        new StoredGroupInfo(epoch, GroupWriter.text(info)))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    // PROTOCOL R-CURSOR-2 R-CURSOR-3
    @Test
    @DisplayName("I9: a member sees entries after the commit that adds it, up to its removal")
    default void aMembersWindowOpensAfterItsAddAndShutsWithItsRemoval() {
        var writer = GroupWriter.create(log());
        writer.append(writer.application("before bob"));

        writer.append(bundle(writer, "add bob", add("bob"), "", ""));
        assertThat(membership(writer, "bob")).contains(window("bob", 3, Membership.OPEN));
        assertThat(hasDevice(writer, "bob")).isTrue();

        writer.append(writer.application("seen by bob"));
        writer.append(bundle(writer, "remove bob", remove("bob"), "", ""));
        assertThat(membership(writer, "bob")).contains(window("bob", 3, 4));
        assertThat(hasDevice(writer, "bob")).isFalse();
        assertThat(membership(writer, "creator")).contains(window("creator", 1, Membership.OPEN));

        writer.append(bundle(writer, "add bob again", add("bob"), "", ""));
        assertThat(membership(writer, "bob")).contains(window("bob", 6, Membership.OPEN));
        assertThat(membership(writer, "carol")).isEmpty();
    }

    @Test
    default void aGroupThatDoesNotExistHasNoMembers() {
        var members = Set.of(GroupWriter.member("bob"), GroupWriter.member("carol"));
        assertThat(
                        log().memberships(GroupWriter.freshGroup(), members)
                                .blockOptional(GroupWriter.PATIENCE)
                                .orElseThrow())
                .containsOnlyKeys(members)
                .allSatisfy((_, found) -> assertThat(found).isEmpty());
    }

    // PROTOCOL R-ROSTER-2 R-ROSTER-3 R-ROSTER-5
    @Test
    default void rosterChangesFollowTheReferenceRules() {
        var writer = GroupWriter.create(log());
        var expected =
                Roster.ofCreator(GroupWriter.member("creator"), GroupWriter.owner("creator"));
        var changes =
                List.of(
                        add("bob", "carol"),
                        // Already a member: keeps its range.
                        add("bob"),
                        remove("nobody"),
                        remove("carol"),
                        // Already removed: keeps its range.
                        remove("carol"),
                        // Removed and added in one commit.
                        new RosterDelta(
                                Map.of(GroupWriter.member("bob"), GroupWriter.owner("bob")),
                                Set.of(GroupWriter.member("bob"))),
                        // A second device of the creator.
                        new RosterDelta(
                                Map.of(GroupWriter.member("laptop"), GroupWriter.owner("creator")),
                                Set.of()),
                        remove("creator"));
        for (var change : changes) {
            writer.append(bundle(writer, "commit", change, "", ""));
            expected = expected.after(change, writer.logPosition().position());
        }

        var snapshot =
                log().load(writer.group(), 100).blockOptional(GroupWriter.PATIENCE).orElseThrow();
        assertThat(
                        log().memberships(writer.group(), expected.memberships().keySet())
                                .block(GroupWriter.PATIENCE))
                .isEqualTo(expected.answers());
        assertThat(snapshot.recent()).extracting(LogEntry::rosterChange).isEqualTo(changes);
        assertThat(hasDevice(writer, "creator")).isTrue();
        writer.append(bundle(writer, "last", remove("laptop"), "", ""));
        assertThat(hasDevice(writer, "creator")).isFalse();
        assertThat(hasDevice(writer, "bob")).isTrue();
    }

    /// A commit with this many names used to be applied member by member in one script, and read
    /// back whole.
    @Test
    @DisplayName("I1: a commit with a large roster change takes effect whole")
    default void aCommitWithALongRosterChangeTakesEffectWhole() {
        var writer = GroupWriter.create(log());
        var added = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < 1_100; i++) {
            added.put(GroupWriter.member("many " + i), GroupWriter.owner("many " + i));
        }
        writer.append(bundle(writer, "add", new RosterDelta(added, Set.of()), "", ""));

        // Every read, and the next commit, finds it applied.
        assertThat(membership(writer, "many 1099"))
                .contains(window("many 1099", 2, Membership.OPEN));
        writer.append(bundle(writer, "remove one", remove("many 7"), "", ""));
        assertThat(membership(writer, "many 7")).contains(window("many 7", 2, 2));
        assertThat(hasDevice(writer, "many 7")).isFalse();
        var all =
                log().memberships(writer.group(), added.keySet())
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        assertThat(all).hasSize(1_100).allSatisfy((_, m) -> assertThat(m).isPresent());

        var gone = new RosterDelta(Map.of(), added.keySet());
        writer.append(bundle(writer, "remove all", gone, "", ""));
        assertThat(membership(writer, "many 0")).contains(window("many 0", 2, 3));
        assertThat(membership(writer, "many 7")).contains(window("many 7", 2, 2));
        assertThat(hasDevice(writer, "many 0")).isFalse();
    }

    // PROTOCOL R-ROSTER-8
    @Test
    default void aGroupDoesNotExceedItsMaximumOfMembers() {
        int max = LIMITS.membersMax();
        var writer = GroupWriter.create(log());
        for (int from = 1; from < max; from += 600) {
            var added = new HashMap<MemberId, UserPseudonym>();
            for (int i = from; i < Math.min(max, from + 600); i++) {
                added.put(new MemberId(1, i), GroupWriter.owner("many"));
            }
            var outcome =
                    writer.append(
                            bundle(
                                    writer,
                                    "from " + from,
                                    new RosterDelta(added, Set.of()),
                                    "",
                                    ""));
            assertThat(outcome).isInstanceOf(AppendOutcome.Succeeded.class);
        }

        // One more member does not fit. With a removal in the same commit it does, and an existing
        // member takes no room.
        var twin = writer.twin(log());
        assertThat(twin.append(bundle(twin, "one more", add("bob"), "", "")))
                .isEqualTo(new AppendOutcome.RosterFull(writer.logPosition().position() + 1));
        assertThat(membership(writer, "bob")).isEmpty();
        var many = new HashMap<MemberId, UserPseudonym>();
        for (int i = 0; i < 600; i++) {
            many.put(new MemberId(2, i), GroupWriter.owner("more"));
        }
        twin = writer.twin(log());
        assertThat(twin.append(bundle(twin, "more", new RosterDelta(many, Set.of()), "", "")))
                .isInstanceOf(AppendOutcome.RosterFull.class);
        twin = writer.twin(log());
        assertThat(twin.append(bundle(twin, "again", add("creator"), "", "")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(
                        twin.append(
                                bundle(
                                        twin,
                                        "in his place",
                                        new RosterDelta(
                                                Map.of(
                                                        GroupWriter.member("bob"),
                                                        GroupWriter.owner("bob")),
                                                Set.of(GroupWriter.member("creator"))),
                                        "",
                                        "")))
                .isInstanceOf(AppendOutcome.Succeeded.class);
        assertThat(membership(twin, "bob")).isPresent();
    }

    // PROTOCOL R-ROSTER-9
    @Test
    default void aFormerMemberIsForgottenWhenNoVisibleEntryIsRetained() {
        var writer = GroupWriter.create(log());
        writer.append(bundle(writer, "add bob", add("bob"), "", ""));
        writer.append(bundle(writer, "remove bob", remove("bob"), "", ""));
        writer.append(writer.application("one"), writer.application("two"));
        assertThat(membership(writer, "bob")).contains(window("bob", 2, 2));

        log().trim(writer.group(), Duration.ofMinutes(-10)).block(GroupWriter.PATIENCE);

        assertThat(membership(writer, "bob")).isEmpty();
        assertThat(membership(writer, "creator")).isPresent();
    }

    // PROTOCOL R-ROSTER-9
    @Test
    default void onlyTheMostRecentlyRemovedMembersAreRemembered() {
        int max = LIMITS.formerMembersMax();
        var writer = GroupWriter.create(log());
        for (int i = 0; i < 2; i++) {
            var added = new HashMap<MemberId, UserPseudonym>();
            for (int j = 0; j < max; j++) {
                added.put(new MemberId(i, j), GroupWriter.owner("many"));
            }
            writer.append(bundle(writer, "add", new RosterDelta(added, Set.of()), "", ""));
            writer.append(
                    bundle(writer, "remove", new RosterDelta(Map.of(), added.keySet()), "", ""));
        }
        assertThat(log().membership(writer.group(), new MemberId(0, 1)).block(GroupWriter.PATIENCE))
                .isEmpty();
        assertThat(log().membership(writer.group(), new MemberId(1, 1)).block(GroupWriter.PATIENCE))
                .isPresent();
    }

    @Test
    default void aSnapshotContainsAllProposalsOfTheCurrentEpoch() {
        var writer = GroupWriter.create(log());
        writer.append(writer.proposal("of an epoch that will be over"));
        writer.append(
                writer.proposal("another"),
                writer.commit("c0"),
                writer.proposal("in the commit's batch"));
        writer.append(writer.application("between"), writer.proposal("after it"));
        for (int i = 0; i < 10; i++) {
            writer.append(writer.application("later " + i));
        }
        assertThat(proposals(writer)).containsExactly(4L, 6L);

        // A late message of the previous epoch changes the kind of batch.
        writer.append(writer.application(0, "late"), writer.proposal("beside it"));
        assertThat(proposals(writer)).containsExactly(4L, 6L, 18L);

        writer.append(writer.commit("c1"));
        assertThat(proposals(writer)).isEmpty();
    }

    @Test
    default void aSnapshotDoesNotExceedItsMaximumOfProposals() {
        var writer = GroupWriter.create(log());
        for (int i = 0; i < 9; i++) {
            int batch = i;
            writer.append(
                    IntStream.range(0, 128)
                            .mapToObj(j -> writer.proposal(batch + "/" + j))
                            .toList());
        }
        assertThat(proposals(writer))
                .hasSize(GroupSnapshot.PROPOSALS_MAX)
                .startsWith(1L, 2L)
                .endsWith((long) GroupSnapshot.PROPOSALS_MAX);
    }

    private List<Long> proposals(GroupWriter writer) {
        return log().load(writer.group(), 1)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow()
                .proposals();
    }

    @Test
    @DisplayName("I5: a Welcome is pending from its commit on until it is released")
    default void aWelcomeIsPendingFromItsCommitOnUntilItIsReleased() {
        var writer = GroupWriter.create(log());
        writer.append(bundle(writer, "add bob", add("bob"), "welcome bob", ""));
        var first = writer.logPosition();
        writer.append(bundle(writer, "add carol", add("carol"), "welcome carol", ""));
        var second = writer.logPosition();

        assertThat(pending(writer))
                .containsExactly(
                        new PendingWelcome(first, 1, GroupWriter.text("welcome bob")),
                        new PendingWelcome(second, 2, GroupWriter.text("welcome carol")));

        log().welcomesReleased(writer.group(), List.of(1L)).block(GroupWriter.PATIENCE);
        assertThat(pending(writer)).extracting(PendingWelcome::logPosition).containsExactly(second);
        log().welcomesReleased(writer.group(), List.of(1L, 2L)).block(GroupWriter.PATIENCE);
        assertThat(pending(writer)).isEmpty();
    }

    @Test
    default void aPendingWelcomeTellsWhoSentIt() {
        var writer = GroupWriter.create(log());
        var sender = GroupWriter.text("sender");
        writer.append(writer.welcome("add bob", GroupWriter.text("welcome bob"), sender));
        assertThat(pending(writer))
                .singleElement()
                .satisfies(pending -> {
                    assertThat(pending.sender()).isEqualTo(sender);
                    assertThat(pending.logPosition()).isEqualTo(writer.logPosition());
                });
    }

    // PROTOCOL R-COMMIT-1
    @Test
    @DisplayName("I5: no part of a losing commit takes effect")
    default void noPartOfALosingCommitTakesEffect() {
        var winner = GroupWriter.create(log());
        var loser = winner.twin(log());
        winner.append(winner.commit("winner"));

        loser.append(bundle(loser, "loser", add("mallory"), "welcome mallory", "info of mallory"));

        assertThat(pending(winner)).isEmpty();
        assertThat(membership(winner, "mallory")).isEmpty();
        assertThat(hasDevice(winner, "mallory")).isFalse();
        assertThat(groupInfo(winner)).isEmpty();
    }

    @Test
    default void whoStartsLaterLearnsWhichGroupsHaveWelcomesAndThenOfEachNewOne()
            throws InterruptedException {
        var left = GroupWriter.create(log());
        left.append(bundle(left, "add bob", add("bob"), "welcome bob", ""));
        var later = GroupWriter.create(log());
        var heard = new LinkedBlockingQueue<GroupId>();

        var subscription = log().welcomesPending().subscribe(heard::add);
        try {
            assertHears(heard, left.group());
            later.append(bundle(later, "add bob", add("bob"), "welcome bob", ""));
            assertHears(heard, later.group());
            heard.clear();
            later.append(bundle(later, "add carol", add("carol"), "welcome carol", ""));
            assertHears(heard, later.group());
        } finally {
            subscription.dispose();
        }
    }

    private static void assertHears(LinkedBlockingQueue<GroupId> heard, GroupId group)
            throws InterruptedException {
        var next = heard.poll(10, TimeUnit.SECONDS);
        while (next != null && !next.equals(group)) {
            next = heard.poll(10, TimeUnit.SECONDS);
        }
        assertThat(next).isEqualTo(group);
    }

    private static NewEntry bundle(
            GroupWriter writer, String message, RosterDelta change, String welcome, String info) {
        return writer.bundle(message, change, GroupWriter.text(welcome), GroupWriter.text(info));
    }

    private static RosterDelta add(String... names) {
        var added = new HashMap<MemberId, UserPseudonym>();
        for (var name : names) {
            added.put(GroupWriter.member(name), GroupWriter.owner(name));
        }
        return new RosterDelta(added, Set.of());
    }

    private static RosterDelta remove(String name) {
        return new RosterDelta(Map.of(), Set.of(GroupWriter.member(name)));
    }

    private static Membership window(String name, long first, long last) {
        return new Membership(GroupWriter.owner(name), first, last);
    }

    private Optional<StoredGroupInfo> groupInfo(GroupWriter writer) {
        return log().groupInfo(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    /// Reads the membership alone, and together with an outsider's.
    private Optional<Membership> membership(GroupWriter writer, String name) {
        var member = GroupWriter.member(name);
        var alone = alone(writer, name);
        var outsider = GroupWriter.member("nobody");
        var together =
                log().memberships(writer.group(), Set.of(member, outsider))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        assertThat(together).isEqualTo(Map.of(member, alone, outsider, Optional.empty()));
        return alone;
    }

    private Optional<Membership> alone(GroupWriter writer, String name) {
        return log().membership(writer.group(), GroupWriter.member(name))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private boolean hasDevice(GroupWriter writer, String owner) {
        return log().hasDeviceOf(writer.group(), GroupWriter.owner(owner))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private List<PendingWelcome> pending(GroupWriter writer) {
        return log().pendingWelcomes(writer.group())
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }
}
