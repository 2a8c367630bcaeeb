package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/// Writes one group's log in tests, as an actor would: it creates entries that continue its last
/// known position, with correct heads, and advances when they are appended.
public final class GroupWriter {
    /// How long a test waits for an answer. Not a limit of the product: a busy machine can be slow.
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final AtomicLong GROUPS = new AtomicLong();

    private final GroupLog log;
    private final GroupId group;
    private final Map<Bytes, LogPosition> positionsBefore = new HashMap<>();
    private LogPosition logPosition;
    private long epoch;
    private ProvisionalCommits provisional = ProvisionalCommits.NONE;
    private Departures departures = Departures.NONE;
    private long acceptedAtMillis = System.currentTimeMillis();

    private GroupWriter(GroupLog log, GroupId group, LogPosition logPosition, long epoch) {
        this.log = log;
        this.group = group;
        this.logPosition = logPosition;
        this.epoch = epoch;
    }

    /// A group that no other test of this process uses.
    public static GroupId freshGroup() {
        return new GroupId(text("group-" + GROUPS.incrementAndGet()));
    }

    /// A fresh group with the default policy, created in the log at epoch 0.
    public static GroupWriter create(GroupLog log) {
        return create(log, GroupRules.DEFAULT);
    }

    public static GroupWriter create(GroupLog log, GroupRules policy) {
        var group = freshGroup();
        var created = log.create(group, newGroup(group, policy)).block(PATIENCE);
        if (!(created instanceof CreateOutcome.Created(var tail))) {
            throw new AssertionError("not created: " + created);
        }
        return new GroupWriter(log, group, tail.last(), tail.epoch());
    }

    /// A writer of the same group at the same position, on this or another node.
    public GroupWriter twin(GroupLog node) {
        var twin = new GroupWriter(node, group, logPosition, epoch);
        twin.acceptedAtMillis = acceptedAtMillis;
        return twin;
    }

    public static NewGroup newGroup(GroupId group, GroupRules policy) {
        return new NewGroup(
                group.bytes().sha256().slice(0, GroupHead.INCARNATION_BYTES),
                0,
                policy,
                member("creator"),
                owner("creator"),
                Bytes.EMPTY);
    }

    public GroupId group() {
        return group;
    }

    public LogPosition logPosition() {
        return logPosition;
    }

    public long epoch() {
        return epoch;
    }

    /// Sets the acceptance time of later entries.
    public GroupWriter at(long millis) {
        acceptedAtMillis = millis;
        return this;
    }

    /// An application message in the current epoch, not yet appended. Each call continues the
    /// previous one.
    public NewEntry application(String message) {
        return application(epoch, message);
    }

    public NewEntry application(long inEpoch, String message) {
        return NewEntry.of(next(EntryKind.APPLICATION, inEpoch, message, RosterDelta.NONE));
    }

    public NewEntry proposal(String message) {
        return NewEntry.of(next(EntryKind.PROPOSAL, epoch, message, RosterDelta.NONE));
    }

    /// A commit that ends the current epoch and has no other parts.
    public NewEntry commit(String message) {
        return bundle(message, RosterDelta.NONE, Bytes.EMPTY, Bytes.EMPTY);
    }

    public NewEntry bundle(String message, RosterDelta change, Bytes welcome, Bytes groupInfo) {
        var entry = next(EntryKind.COMMIT, epoch, message, change, groupInfo.isEmpty());
        epoch++;
        return new NewEntry(entry, welcome, groupInfo);
    }

    /// A commit that names clients.
    public NewEntry naming(String message, Optional<PartContent> names) {
        var commit = commit(message).entry();
        return NewEntry.of(
                new LogEntry(
                        commit.position(),
                        commit.kind(),
                        commit.epoch(),
                        commit.acceptedAtMillis(),
                        commit.content(),
                        commit.sha256(),
                        commit.head(),
                        commit.rosterChange(),
                        commit.voidedProposals(),
                        commit.author(),
                        commit.confirms(),
                        commit.withoutGroupInfo(),
                        names));
    }

    /// A commit of a member that a void can undo.
    ///
    /// @param change names only members that it changes
    public NewEntry provisional(
            String author, String message, RosterDelta change, Bytes welcome, Bytes groupInfo) {
        var entry =
                next(
                        EntryKind.COMMIT,
                        epoch,
                        text(message),
                        change,
                        Optional.of(member(author)),
                        0);
        var before = provisional;
        provisional =
                before.with(
                        new ProvisionalCommit(
                                entry.position(),
                                epoch++,
                                acceptedAtMillis,
                                member(author),
                                before.isAlone(member(author), change),
                                change,
                                List.of(),
                                Set.of()));
        return new NewEntry(entry, welcome, groupInfo)
                .withProvisional(new ProvisionalChange(before, provisional));
    }

    /// An application message that confirms the commits up to a position.
    public NewEntry confirming(String message, long position) {
        var entry =
                next(
                        EntryKind.APPLICATION,
                        epoch,
                        text(message),
                        RosterDelta.NONE,
                        Optional.empty(),
                        position);
        return settling(entry, provisional.confirmed(position));
    }

    /// A rejection of the commit at a position.
    public NewEntry rejecting(long position, String member) {
        return rejecting(position, member, "junk");
    }

    public NewEntry rejecting(long position, String member, String reason) {
        var entry = control(new ControlEvent.Rejected(position, reason), RosterDelta.NONE, member);
        return settling(entry, provisional.rejected(position, member(member)));
    }

    /// A void of the commits from a position on.
    public NewEntry voiding(long position, String member) {
        long before = provisional.at(position).orElseThrow().epoch();
        var entry =
                control(
                        new ControlEvent.Voided(position, before),
                        provisional.undone(position),
                        member);
        var added = settling(entry, provisional.voided(position, epoch));
        epoch = before;
        return added;
    }

    private LogEntry control(ControlEvent event, RosterDelta change, String member) {
        return next(
                EntryKind.CONTROL, epoch, event.encode(), change, Optional.of(member(member)), 0);
    }

    private NewEntry settling(LogEntry entry, ProvisionalCommits after) {
        var before = provisional;
        provisional = after;
        return NewEntry.of(entry).withProvisional(new ProvisionalChange(before, after));
    }

    private LogEntry next(
            EntryKind kind,
            long inEpoch,
            Bytes message,
            RosterDelta change,
            Optional<MemberId> author,
            long confirms) {
        var entry =
                next(
                        kind,
                        inEpoch,
                        new PartContent.Inline(message),
                        message.sha256(),
                        List.of(),
                        false);
        return new LogEntry(
                entry.position(),
                kind,
                inEpoch,
                acceptedAtMillis,
                entry.content(),
                entry.sha256(),
                entry.head(),
                change,
                List.of(),
                author,
                confirms);
    }

    /// The entry with which a member leaves; its name is that of the member.
    public NewEntry leaving(String name) {
        var entry =
                next(
                        EntryKind.CONTROL,
                        epoch,
                        new ControlEvent.Left(name).encode(),
                        new RosterDelta(Map.of(), Set.of(member(name))),
                        Optional.empty(),
                        0);
        departures = departures.with(member(name), name, entry.position());
        var added = NewEntry.of(entry).withDepartures(departures);
        if (provisional.isEmpty()) {
            return added;
        }
        var before = provisional;
        provisional = before.left(member(name));
        return added.withProvisional(new ProvisionalChange(before, provisional));
    }

    /// The end of the group in favour of a successor.
    public NewEntry reinitializing(GroupId successor) {
        return commanding(new ControlEvent.Reinitialized(successor));
    }

    /// A change of the policy by a client.
    public NewEntry policy(GroupRules rules) {
        return commanding(new ControlEvent.PolicySet(rules, "alice/phone"));
    }

    /// An entry with which the operator freezes or thaws the group, or names its successor.
    public NewEntry commanding(ControlEvent event) {
        return NewEntry.of(
                next(
                        EntryKind.CONTROL,
                        epoch,
                        event.encode(),
                        RosterDelta.NONE,
                        Optional.empty(),
                        0));
    }

    /// The commits that a void can still undo, after all entries of this writer.
    public ProvisionalCommits provisional() {
        return provisional;
    }

    /// A commit with a Welcome of this sender.
    public NewEntry welcome(String message, Bytes welcome, Bytes sender) {
        return bundle(message, RosterDelta.NONE, welcome, Bytes.EMPTY).withWelcomeSender(sender);
    }

    /// A commit whose message and other parts are blobs, with voided proposals.
    public NewEntry referring(
            BlobReference message,
            Optional<PartContent> welcome,
            Optional<PartContent> groupInfo,
            Optional<BlobReference> ratchetTree) {
        var entry =
                next(
                        EntryKind.COMMIT,
                        epoch,
                        message,
                        message.sha256(),
                        List.of(1L, 300L),
                        groupInfo.isEmpty());
        epoch++;
        return new NewEntry(entry, welcome, groupInfo, ratchetTree);
    }

    /// An application message that is a blob.
    public NewEntry referring(BlobReference message) {
        return NewEntry.of(
                next(EntryKind.APPLICATION, epoch, message, message.sha256(), List.of(), false));
    }

    private LogEntry next(
            EntryKind kind,
            long inEpoch,
            PartContent content,
            Bytes sha256,
            List<Long> voided,
            boolean withoutGroupInfo) {
        var position = logPosition.position() + 1;
        var head = GroupHead.next(logPosition.head(), group, position, kind, sha256);
        positionsBefore.put(head, logPosition);
        logPosition = new LogPosition(logPosition.incarnation(), position, head);
        return new LogEntry(
                position,
                kind,
                inEpoch,
                acceptedAtMillis,
                content,
                sha256,
                head,
                RosterDelta.NONE,
                voided,
                Optional.empty(),
                0,
                withoutGroupInfo,
                Optional.empty());
    }

    private LogEntry next(EntryKind kind, long inEpoch, String message, RosterDelta change) {
        return next(kind, inEpoch, message, change, false);
    }

    private LogEntry next(
            EntryKind kind,
            long inEpoch,
            String message,
            RosterDelta change,
            boolean withoutGroupInfo) {
        var bytes = text(message);
        var sha256 = bytes.sha256();
        var position = logPosition.position() + 1;
        var head = GroupHead.next(logPosition.head(), group, position, kind, sha256);
        positionsBefore.put(head, logPosition);
        logPosition = new LogPosition(logPosition.incarnation(), position, head);
        return new LogEntry(
                position,
                kind,
                inEpoch,
                acceptedAtMillis,
                new PartContent.Inline(bytes),
                sha256,
                head,
                change,
                List.of(),
                Optional.empty(),
                0,
                withoutGroupInfo,
                Optional.empty());
    }

    /// Appends entries created before. The writer has already advanced; use a [#twin] for an append
    /// that may lose.
    public AppendOutcome append(NewEntry... batch) {
        return append(Arrays.asList(batch));
    }

    public AppendOutcome append(List<NewEntry> batch) {
        return log.append(group, positionBefore(batch), batch)
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    /// Continues from the tail of the log after a lost race.
    public void moveTo(GroupTail tail) {
        logPosition = tail.last();
        epoch = tail.epoch();
    }

    /// The position before a batch of this writer.
    public LogPosition positionBefore(List<NewEntry> batch) {
        var first = batch.getFirst().entry();
        return Optional.ofNullable(positionsBefore.get(first.head()))
                .orElseThrow(() -> new AssertionError("made by another writer"));
    }

    public static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public static MemberId member(String name) {
        return new MemberId(text("member " + name).sha256().slice(0, MemberId.BYTES));
    }

    public static UserPseudonym owner(String name) {
        return new UserPseudonym(text("owner " + name).sha256().slice(0, UserPseudonym.BYTES));
    }
}
