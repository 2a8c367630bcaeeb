package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// Part of [GroupLogContract]: what control entries do. A void undoes all effects of provisional
/// commits in one step; a successor is remembered.
public interface GroupLogControlContract {
    /// The log under test; the same for the whole of one test.
    GroupLog log();

    private GroupWriter voidable() {
        return GroupWriter.create(log(), GroupRules.DEFAULT.withVoidAfter(1));
    }

    private static RosterDelta change(List<String> added, String... removed) {
        var owners = new HashMap<MemberId, UserPseudonym>();
        added.forEach(name -> owners.put(GroupWriter.member(name), GroupWriter.owner(name)));
        var members = new HashSet<MemberId>();
        for (var name : removed) {
            members.add(GroupWriter.member(name));
        }
        return new RosterDelta(owners, members);
    }

    private GroupSnapshot load(GroupWriter writer) {
        return log().load(writer.group(), 100).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private Optional<StoredGroupInfo> groupInfo(GroupWriter writer) {
        return log().groupInfo(writer.group()).blockOptional(GroupWriter.PATIENCE).orElseThrow();
    }

    private Optional<Membership> membership(GroupWriter writer, String name) {
        return log().membership(writer.group(), GroupWriter.member(name))
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private List<PendingWelcome> welcomes(GroupWriter writer) {
        return log().pendingWelcomes(writer.group())
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    private static void assertAppended(AppendOutcome outcome) {
        assertThat(outcome).isInstanceOf(AppendOutcome.Succeeded.class);
    }

    private static Membership window(String name, long first, long last) {
        return new Membership(GroupWriter.owner(name), first, last);
    }

    // PROTOCOL R-LEAVE-1 R-LEAVE-3
    @Test
    @DisplayName("I9: one who leaves is no member, and no void brings it back")
    default void aMemberLeaves() {
        var writer = voidable();
        assertAppended(
                writer.append(
                        writer.provisional(
                                "creator",
                                "add bob",
                                change(List.of("bob", "carol")),
                                Bytes.EMPTY,
                                Bytes.EMPTY)));
        assertAppended(writer.append(writer.confirming("seen", 1)));
        assertAppended(
                writer.append(
                        writer.provisional(
                                "creator",
                                "add dave",
                                change(List.of("dave"), "carol"),
                                Bytes.EMPTY,
                                Bytes.EMPTY)));
        var leaving = List.of(writer.leaving("dave"), writer.application("more"));
        assertAppended(writer.append(leaving));
        assertAppended(writer.append(writer.leaving("bob")));

        assertThat(membership(writer, "dave")).contains(window("dave", 4, 4));
        assertThat(membership(writer, "bob")).contains(window("bob", 2, 6));
        var loaded = load(writer);
        assertThat(loaded.departures().clients())
                .extracting(Departures.DepartedClient::client)
                .containsExactly("dave", "bob");
        assertThat(loaded.departures().of(GroupWriter.member("bob")).orElseThrow().position())
                .isEqualTo(6);
        assertThat(loaded.provisional()).isEqualTo(writer.provisional());
        assertThat(loaded.recent().get(3)).isEqualTo(leaving.getFirst().entry());
        assertThat(loaded.recent().get(3).left()).contains("dave");

        assertAppended(writer.append(writer.voiding(3, "creator")));
        assertThat(membership(writer, "dave")).contains(window("dave", 4, 4));
        assertThat(membership(writer, "bob")).contains(window("bob", 2, 6));
        assertThat(membership(writer, "carol")).contains(window("carol", 2, Membership.OPEN));
    }

    @Test
    default void thePolicyAndTheProvisionalCommitsAreLoaded() {
        var writer = voidable();
        assertThat(load(writer).policy()).isEqualTo(GroupRules.DEFAULT.withVoidAfter(1));
        assertThat(log().policy(writer.group()).block(GroupWriter.PATIENCE))
                .contains(GroupRules.DEFAULT.withVoidAfter(1));

        var commit =
                writer.provisional(
                        "creator", "add bob", change(List.of("bob")), Bytes.EMPTY, Bytes.EMPTY);
        assertAppended(writer.append(commit));
        assertThat(load(writer).provisional()).isEqualTo(writer.provisional());
        assertThat(load(writer).recent()).containsExactly(commit.entry());

        assertAppended(writer.append(writer.rejecting(1, "bob")));
        assertThat(load(writer).provisional().at(1).orElseThrow().rejectedBy())
                .containsExactly(GroupWriter.member("bob"));

        var message = writer.confirming("seen", 1);
        assertAppended(writer.append(message));
        assertThat(load(writer).provisional()).isEqualTo(writer.provisional());
        assertThat(writer.provisional().isEmpty()).isTrue();
        assertThat(load(writer).recent().getLast()).isEqualTo(message.entry());
    }

    // PROTOCOL R-POLICY-1 R-POLICY-3
    @Test
    default void aPolicyChangeIsOfItsEntry() {
        var writer = voidable();
        var next =
                GroupRules.DEFAULT
                        .withPastEpochs(3)
                        .withExternalJoin(GroupRules.ExternalJoinRule.OPEN)
                        .withRetention(Duration.ofDays(60))
                        .withVoidAfter(2)
                        .withReinit(GroupRules.MemberRight.NOBODY)
                        .withRetentionBytes(7_000)
                        .withChange(GroupRules.MemberRight.MEMBERS);
        var changes =
                List.of(
                        writer.policy(GroupRules.DEFAULT.withVoidAfter(3)),
                        writer.application("between"),
                        writer.policy(next));
        assertAppended(writer.append(changes));

        assertThat(load(writer).policy()).isEqualTo(next);
        assertThat(load(writer).recent().getLast()).isEqualTo(changes.getLast().entry());
        assertThat(load(writer).recent().getLast().policy()).contains(next);
        assertThat(log().policy(writer.group()).block(GroupWriter.PATIENCE)).contains(next);
        assertAppended(writer.append(writer.application("after")));
        assertThat(load(writer).policy()).isEqualTo(next);
    }

    // PROTOCOL R-VOID-5
    @Test
    @DisplayName("I1: a void restores epoch, roster and GroupInfo, and withdraws the Welcome")
    default void aVoidUndoesEverything() {
        var writer = voidable();
        assertAppended(
                writer.append(
                        writer.bundle(
                                "add bob, carol",
                                change(List.of("bob", "carol")),
                                Bytes.EMPTY,
                                GroupWriter.text("info 1"))));
        assertAppended(
                writer.append(
                        writer.provisional(
                                "bob",
                                "junk",
                                change(List.of("mallory"), "creator"),
                                GroupWriter.text("welcome"),
                                GroupWriter.text("junk info"))));
        assertThat(welcomes(writer)).hasSize(1);
        assertThat(groupInfo(writer).orElseThrow().epoch()).isEqualTo(2);

        var voiding = writer.voiding(2, "carol");
        assertAppended(writer.append(voiding));

        assertThat(load(writer).tail().epoch()).isEqualTo(1);
        assertThat(load(writer).recent().getLast()).isEqualTo(voiding.entry());
        assertThat(load(writer).provisional()).isEqualTo(writer.provisional());
        assertThat(writer.provisional().commits()).isEmpty();
        assertThat(writer.provisional().voidedEpochMax()).isEqualTo(2);
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(1, GroupWriter.text("info 1")));
        assertThat(welcomes(writer)).isEmpty();
        assertThat(membership(writer, "creator")).contains(window("creator", 1, Membership.OPEN));
        assertThat(membership(writer, "mallory")).contains(window("mallory", 3, 3));
        assertThat(membership(writer, "carol")).contains(window("carol", 2, Membership.OPEN));
        assertThat(
                        log().hasDeviceOf(writer.group(), GroupWriter.owner("mallory"))
                                .block(GroupWriter.PATIENCE))
                .isFalse();
        assertThat(
                        log().hasDeviceOf(writer.group(), GroupWriter.owner("creator"))
                                .block(GroupWriter.PATIENCE))
                .isTrue();

        assertAppended(
                writer.append(
                        writer.provisional(
                                "carol",
                                "the real commit",
                                RosterDelta.NONE,
                                Bytes.EMPTY,
                                Bytes.EMPTY)));
        assertThat(load(writer).tail().epoch()).isEqualTo(2);
    }

    // PROTOCOL R-INFO-9
    @Test
    default void aGroupInfoFromBeforeAVoidIsNotFiled() {
        var writer = voidable();
        assertAppended(
                writer.append(
                        writer.bundle(
                                "add bob",
                                change(List.of("bob")),
                                Bytes.EMPTY,
                                GroupWriter.text("info 1"))));
        assertAppended(
                writer.append(
                        writer.provisional(
                                "bob", "junk", RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY)));
        // A commit without one keeps it, and so does its void.
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(1, GroupWriter.text("info 1")));
        var junk = new StoredGroupInfo(2, GroupWriter.text("of the junk"));
        assertThat(file(writer, 2, junk)).isEqualTo(new GroupInfoOutcome.Filed());
        assertAppended(writer.append(writer.voiding(2, "creator")));
        assertThat(groupInfo(writer)).contains(new StoredGroupInfo(1, GroupWriter.text("info 1")));

        assertAppended(
                writer.append(
                        writer.provisional(
                                "bob", "again", RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY)));
        assertThat(file(writer, 2, junk)).isInstanceOf(GroupInfoOutcome.EpochDiffers.class);
        var real = new StoredGroupInfo(2, GroupWriter.text("of the real commit"));
        assertThat(file(writer, 3, real)).isEqualTo(new GroupInfoOutcome.Filed());
        assertThat(groupInfo(writer)).contains(real);
    }

    private GroupInfoOutcome file(GroupWriter writer, long seen, StoredGroupInfo info) {
        return log().fileGroupInfo(writer.group(), writer.logPosition().incarnation(), seen, info)
                .blockOptional(GroupWriter.PATIENCE)
                .orElseThrow();
    }

    // PROTOCOL R-VOID-4
    @Test
    @DisplayName("I1: a void undoes the commits after the rejected one, and none before it")
    default void aVoidReachesFromTheRejectedCommitOn() {
        var writer = voidable();
        for (var name : List.of("bob", "carol", "dave")) {
            assertAppended(
                    writer.append(
                            writer.provisional(
                                    "creator",
                                    "add " + name,
                                    change(List.of(name)),
                                    GroupWriter.text("welcome " + name),
                                    GroupWriter.text("info " + name))));
        }
        assertAppended(writer.append(writer.confirming("from bob", 1)));
        assertAppended(writer.append(writer.voiding(2, "bob")));

        assertThat(load(writer).tail().epoch()).isEqualTo(1);
        assertThat(groupInfo(writer))
                .contains(new StoredGroupInfo(1, GroupWriter.text("info bob")));
        assertThat(welcomes(writer))
                .extracting(pending -> pending.logPosition().position())
                .containsExactly(1L);
        assertThat(membership(writer, "bob")).contains(window("bob", 2, Membership.OPEN));
        assertThat(membership(writer, "carol")).contains(window("carol", 3, 5));
        assertThat(membership(writer, "dave")).contains(window("dave", 4, 5));
    }

    @Test
    default void aMemberThatWasReplacedRemainsOneAfterTheVoid() {
        var writer = voidable();
        assertAppended(
                writer.append(
                        writer.bundle(
                                "add bob", change(List.of("bob")), Bytes.EMPTY, Bytes.EMPTY)));
        assertAppended(
                writer.append(
                        writer.provisional(
                                "bob",
                                "bob again",
                                change(List.of("bob"), "bob"),
                                Bytes.EMPTY,
                                Bytes.EMPTY)));
        assertAppended(writer.append(writer.voiding(2, "creator")));

        assertThat(membership(writer, "bob")).contains(window("bob", 3, Membership.OPEN));
        assertThat(groupInfo(writer)).isEmpty();
    }

    // PROTOCOL R-REINIT-1
    @Test
    default void theCreatorAndTheSuccessorAreLoaded() {
        var policy = GroupRules.DEFAULT.withReinit(GroupRules.MemberRight.MEMBERS);
        var writer = GroupWriter.create(log(), policy);
        assertThat(load(writer).policy()).isEqualTo(policy);
        var created = Succession.createdBy(GroupWriter.owner("creator"));
        assertThat(load(writer).succession()).isEqualTo(created);

        var successor = GroupWriter.freshGroup();
        assertAppended(writer.append(writer.application("last"), writer.reinitializing(successor)));
        assertThat(load(writer).succession()).isEqualTo(created.endedFor(successor));
        assertThat(load(writer).recent().getLast().kind()).isEqualTo(EntryKind.CONTROL);
    }

    // PROTOCOL R-FREEZE-1
    @Test
    default void aFreezeStandsUntilTheGroupIsThawed() {
        var evidence = ControlEvent.Evidence.of("reported by two members");
        var frozen = new ControlEvent.Frozen(evidence);
        var writer = GroupWriter.create(log(), GroupRules.DEFAULT);
        assertThat(load(writer).frozenAt()).isZero();

        assertAppended(writer.append(writer.application("last"), writer.commanding(frozen)));
        assertThat(load(writer).frozenAt()).isEqualTo(2);
        assertThat(load(writer).recent().getLast().control()).contains(frozen);

        var thawed = new ControlEvent.Thawed(evidence);
        assertAppended(writer.append(writer.commanding(thawed), writer.application("next")));
        assertThat(load(writer).frozenAt()).isZero();
        assertAppended(writer.append(writer.commanding(frozen)));
        assertThat(load(writer).frozenAt()).isEqualTo(5);

        var successor = new ControlEvent.Reinitialized(writer.group(), Optional.of(evidence));
        assertAppended(writer.append(writer.commanding(successor)));
        assertThat(load(writer).frozenAt()).isEqualTo(5);
        assertThat(load(writer).succession().successor()).contains(writer.group());
    }

    @Test
    default void aVoidIsABatchOfItsOwn() {
        var writer = voidable();
        var commit =
                writer.provisional("creator", "junk", RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY);
        var voiding = writer.voiding(1, "bob");
        assertThatThrownBy(() -> writer.append(commit, voiding))
                .isInstanceOf(IllegalArgumentException.class);
        var other = voidable();
        var first = other.provisional("creator", "a", RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY);
        var second = other.provisional("creator", "b", RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY);
        assertThatThrownBy(() -> other.append(first, second))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    default void membersOfManyVoidedCommitsAreNoMembers() {
        var writer = voidable();
        for (int i = 0; i < ProvisionalCommits.COMMITS_MAX; i++) {
            assertAppended(
                    writer.append(
                            writer.provisional(
                                    "creator",
                                    "add " + i,
                                    change(List.of("m" + i)),
                                    GroupWriter.text("welcome " + i),
                                    GroupWriter.text("info " + i))));
        }
        assertAppended(writer.append(writer.voiding(1, "m0")));
        var members =
                log().memberships(
                                writer.group(),
                                Set.of(
                                        GroupWriter.member("m0"),
                                        GroupWriter.member("m63"),
                                        GroupWriter.member("creator")))
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        assertThat(members)
                .isEqualTo(
                        Map.of(
                                GroupWriter.member("m0"), Optional.of(window("m0", 2, 65)),
                                GroupWriter.member("m63"), Optional.of(window("m63", 65, 65)),
                                GroupWriter.member("creator"),
                                        Optional.of(window("creator", 1, Membership.OPEN))));
        assertThat(welcomes(writer)).isEmpty();
        assertThat(load(writer).tail().epoch()).isZero();
    }
}
