package io.lockstep.ordering.simulation;

import io.lockstep.log.ControlEvent;
import io.lockstep.log.ControlEvent.Evidence;
import io.lockstep.log.Departures;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogLimits;
import io.lockstep.log.MemberId;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.PolicyChange;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.StoredGroupInfo;
import io.lockstep.log.UserPseudonym;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.Submission.OperatorAction;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.actor.OrderingLimits;
import io.lockstep.ordering.actor.SimulatedActorOrdering;
import io.lockstep.ordering.actor.TestAuthors;
import io.lockstep.ordering.state.GroupStateLimits;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// One run: nodes that crash and restart, clients that send random submissions to any of them, and
/// unreliable connections from all nodes to the log. Everything follows from the seed.
public final class OrderingSimulation {
    private static final int NODES = 3;
    private static final int GROUPS = 3;
    private static final int CLIENTS = 6;
    private static final int SUBMISSIONS = 150;

    private final RandomGenerator random;
    private final VirtualTime time;
    private final ReferenceLog journal;
    private final Faults faults;
    private final OrderingLimits limits;
    private final List<SimulatedActorOrdering> nodes = new ArrayList<>();
    private final List<VirtualTime.Node> threads = new ArrayList<>();
    private final List<FaultyLog> ways = new ArrayList<>();
    private final List<Integer> lives = new ArrayList<>();
    private final List<Author> clients = new ArrayList<>();
    private final List<SentSubmission> sent = new ArrayList<>();
    private final UnaryOperator<SubmissionAnswer> translation;
    private final Set<String> violations = new TreeSet<>();
    private int messages;

    /// @param planted a bug of the log itself, to check that it is found
    /// @param translation a bug in the answers
    OrderingSimulation(
            long seed,
            Faults faults,
            UnaryOperator<GroupLog> planted,
            UnaryOperator<SubmissionAnswer> translation) {
        this.translation = translation;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        time = new VirtualTime(random);
        journal =
                new ReferenceLog(
                        planted.apply(
                                new MemoryGroupLog(
                                        new MemoryBlobStore(time), LogLimits.DEFAULT, time)));
        this.faults = faults;
        limits = randomLimits();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(TestAuthors.author("user" + i / 2, "device" + i));
        }
        for (int i = 0; i < NODES; i++) {
            lives.add(0);
            threads.add(time.new Node());
            ways.add(way());
            nodes.add(actors(i));
        }
    }

    /// Small limits, so that a short run reaches each of them.
    private OrderingLimits randomLimits() {
        int recent = 1 + random.nextInt(8);
        return new OrderingLimits(
                64,
                OrderingLimits.SUBMISSION_BYTES_MAX + 100_000,
                16L << 20,
                1 + random.nextInt(16),
                1 + random.nextInt(2000),
                new GroupStateLimits(
                        recent, 200 + random.nextInt(2000), 2 * recent + random.nextInt(40)),
                100,
                random.nextBoolean() ? 1 : 1L << 20,
                Duration.ofMillis(50 + random.nextInt(1000)),
                Duration.ofMillis(800),
                Duration.ofMillis(1000 + random.nextInt(2000)),
                Duration.ofMillis(5),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofMillis(3000 + random.nextInt(2000)),
                Duration.ofMillis(100));
    }

    private FaultyLog way() {
        return new FaultyLog(journal, time, random, faults);
    }

    private SimulatedActorOrdering actors(int node) {
        return new SimulatedActorOrdering(
                ways.get(node), limits, time, threads.get(node), new SimpleMeterRegistry(), random);
    }

    /// Runs to the end and checks all invariants.
    Map<String, Integer> run() {
        for (int i = 0; i < SUBMISSIONS; i++) {
            send();
            if (random.nextInt(3) > 0) {
                time.runFor(random.nextInt(random.nextInt(20) == 0 ? 400_000 : 10_000));
            }
            if (random.nextInt(40) == 0) {
                time.setWallClock(Duration.ofMinutes(random.nextInt(-120, 120)));
            }
            if (random.nextInt(20) == 0) {
                releaseWelcomes();
            }
            if (random.nextInt(60) == 0) {
                // Between any two steps of the nodes, of the log and of the connections.
                for (int step = random.nextInt(20); step > 0 && time.isBusy(); step--) {
                    time.step();
                }
                crash(random.nextInt(NODES));
            }
        }
        ways.forEach(way -> way.become(Faults.NONE));
        while (time.isBusy()) {
            time.step();
        }
        // A sweep ends calls that get no answer.
        time.runFor(20_000_000);
        while (time.isBusy()) {
            time.step();
        }
        return check();
    }

    /// What the directory does: it files pending Welcomes, and marks them as released.
    private void releaseWelcomes() {
        var group = new GroupId(TestAuthors.bytes("group" + random.nextInt(GROUPS)));
        journal.pendingWelcomes(group)
                .map(found -> found.stream().map(w -> w.logPosition().position()).toList())
                .filter(positions -> !positions.isEmpty())
                .flatMap(positions -> journal.welcomesReleased(group, positions))
                .subscribe();
    }

    private void crash(int node) {
        threads.get(node).kill();
        lives.set(node, lives.get(node) + 1);
        threads.set(node, time.new Node());
        ways.set(node, way());
        nodes.set(node, actors(node));
    }

    private void send() {
        if (!sent.isEmpty() && random.nextInt(4) == 0) {
            var again = sent.get(Math.max(0, sent.size() - 1 - random.nextInt(60)));
            submit(again.submission);
            return;
        }
        var submission = invent();
        submit(submission);
        if (random.nextInt(10) == 0) {
            submit(submission);
        }
    }

    private void submit(Submission submission) {
        int node = random.nextInt(NODES);
        var one =
                new SentSubmission(
                        submission,
                        node,
                        lives.get(node),
                        faults.equals(Faults.NONE),
                        faults.throwing() > 0,
                        journal);
        sent.add(one);
        nodes.get(node)
                .submit(submission)
                .map(translation)
                .subscribe(answer -> examine(() -> one.answered(answer)));
    }

    /// Continues after a violation, because the first one is not always the most informative.
    private void examine(Runnable check) {
        try {
            check.run();
        } catch (Violation violation) {
            violations.add(violation.getMessage());
        }
    }

    private static String name(Author author) {
        return "client/" + author.member();
    }

    private GroupRules.MemberRight someRight() {
        return GroupRules.MemberRight.of(1 + random.nextInt(3));
    }

    private PolicyChange someRules() {
        return new PolicyChange(
                some(random.nextInt(3)),
                some(GroupRules.ExternalJoinRule.of(1 + random.nextInt(3))),
                Optional.empty(),
                some(random.nextInt(4)),
                some(someRight()),
                Optional.empty(),
                random.nextInt(8) == 0 ? Optional.of(someRight()) : Optional.empty());
    }

    private <T> Optional<T> some(T value) {
        return random.nextInt(3) == 0 ? Optional.of(value) : Optional.empty();
    }

    private Submission invent() {
        var id = new GroupId(TestAuthors.bytes("group" + random.nextInt(GROUPS)));
        var author = clients.get(random.nextInt(CLIENTS));
        var group = journal.group(id);
        if (group.isEmpty() || random.nextInt(50) == 0) {
            return new Submission.CreateSubmission(
                    id,
                    author,
                    0,
                    TestAuthors.policy(
                                    random.nextInt(3),
                                    GroupRules.ExternalJoinRule.of(1 + random.nextInt(3)))
                            .withVoidAfter(random.nextInt(4))
                            .withReinit(someRight())
                            .withChange(someRight()),
                    Bytes.EMPTY);
        }
        long epoch = guess(group.get());
        if (random.nextInt(4) > 0) {
            author = likelyMember(group.get(), author);
        }
        var message = TestAuthors.bytes("message " + messages++ + "x".repeat(random.nextInt(200)));
        return switch (random.nextInt(14)) {
            case 13 -> new Submission.PolicySubmission(id, author, name(author), someRules());
            case 12 -> new Submission.LeaveSubmission(id, author, name(author));
            case 10 -> random.nextInt(4) == 0 ? command(group.get()) : verdict(group.get(), author);
            case 11 ->
                    random.nextInt(4) == 0
                            ? new Submission.ReinitSubmission(
                                    id,
                                    author,
                                    new GroupId(TestAuthors.bytes("successor" + random.nextInt(3))))
                            : verdict(group.get(), author);
            case 0 ->
                    new Submission.MessageSubmission(
                            id,
                            author,
                            EntryKind.PROPOSAL,
                            epoch,
                            random.nextBoolean(),
                            false,
                            message);
            case 1 ->
                    new Submission.MessageSubmission(
                            id, author, EntryKind.APPLICATION, epoch, false, true, message);
            case 2 -> commit(id, author, epoch, true, message, RosterDelta.NONE);
            case 3, 4, 5 -> commit(id, author, epoch, false, message, someChange());
            default ->
                    new Submission.MessageSubmission(
                            id, author, EntryKind.APPLICATION, epoch, false, false, message);
        };
    }

    /// A command of the operator. A freeze does not last long: the clients go on.
    private Submission command(ReferenceLog.Group group) {
        var action =
                switch (random.nextInt(12)) {
                    case 0, 1 -> new OperatorAction.Freeze();
                    case 2 -> new OperatorAction.VoidCommits(OptionalLong.empty());
                    case 3, 4 ->
                            new OperatorAction.VoidCommits(
                                    OptionalLong.of(
                                            Math.max(1, group.position() - random.nextInt(6))));
                    case 5 ->
                            random.nextInt(4) == 0
                                    ? new OperatorAction.Reset(
                                            new GroupId(
                                                    TestAuthors.bytes(
                                                            "successor" + random.nextInt(3))))
                                    : new OperatorAction.Thaw();
                    default -> new OperatorAction.Thaw();
                };
        return new Submission.OperatorCommand(
                group.id, action, Evidence.of("ticket " + random.nextInt(4)));
    }

    /// A statement about a recent commit, now and then about another entry.
    private Submission verdict(ReferenceLog.Group group, Author author) {
        long position = Math.max(1, group.position() - random.nextInt(6));
        for (long p = Math.min(position, group.position()); p > 0 && random.nextInt(20) > 0; p--) {
            if (group.entries.get((int) p - 1).kind() == EntryKind.COMMIT) {
                position = p;
                break;
            }
        }
        return new Submission.CommitVerdict(
                group.id,
                author,
                position,
                random.nextInt(3) == 0
                        ? new Submission.Verdict.Acknowledge()
                        : new Submission.Verdict.Reject("junk"));
    }

    private Submission commit(
            GroupId id,
            Author author,
            long epoch,
            boolean external,
            Bytes message,
            RosterDelta change) {
        long known = random.nextInt(3) == 0 ? 0 : random.nextInt(sent.size() + 1);
        int parts = random.nextInt(4);
        return new Submission.CommitSubmission(
                id,
                author,
                epoch,
                external,
                message,
                !external && parts % 2 == 1
                        ? TestAuthors.bytes("welcome " + messages)
                        : Bytes.EMPTY,
                parts >= 2 ? TestAuthors.bytes("info " + messages) : Bytes.EMPTY,
                change,
                known);
    }

    private long guess(ReferenceLog.Group group) {
        long epoch = group.epoch(group.position());
        return switch (random.nextInt(12)) {
            case 0 -> epoch + 1;
            case 1 -> Math.max(0, epoch - 1);
            case 2 -> Math.max(0, epoch - random.nextInt(6));
            default -> epoch;
        };
    }

    private Author likelyMember(ReferenceLog.Group group, Author otherwise) {
        var members =
                clients.stream()
                        .filter(c -> group.roster(group.position()).isMember(c.member()))
                        .toList();
        return members.isEmpty() ? otherwise : members.get(random.nextInt(members.size()));
    }

    private RosterDelta someChange() {
        Map<MemberId, UserPseudonym> added = new HashMap<>();
        Set<MemberId> removed = new HashSet<>();
        for (var client : clients) {
            switch (random.nextInt(8)) {
                case 0, 1 -> added.put(client.member(), client.owner());
                case 2 -> removed.add(client.member());
                default -> {}
            }
        }
        return new RosterDelta(added, removed);
    }

    private Map<String, Integer> check() {
        var outcomes = new TreeMap<String, Integer>();
        for (var one : sent) {
            boolean nodeLived = one.lifeOfNode == lives.get(one.node);
            examine(() ->
                    Violation.unless(
                            !nodeLived || one.answers.size() == 1, "a submission has no answer"));
            one.answers.forEach(a -> outcomes.merge(name(a), 1, Integer::sum));
        }
        for (var group : journal.groups()) {
            examine(group::check);
            examine(() -> new VoidCheck(group, sent).check());
            group.entries.forEach(entry -> examine(() -> checkEntry(group, entry)));
            group.entries.stream()
                    .filter(entry -> entry.kind() == EntryKind.CONTROL)
                    .map(entry -> ControlEvent.decode(entry.message()).getClass().getSimpleName())
                    .forEach(event -> outcomes.merge(event, 1, Integer::sum));
            checkStored(group);
        }
        Violation.unless(violations.isEmpty(), String.join("; ", violations));
        for (var node : nodes) {
            node.checkAtRest(faults.throwing() > 0);
        }
        return outcomes;
    }

    private static String name(SubmissionAnswer answer) {
        return switch (answer) {
            case SubmissionAnswer.AcceptedAnswer a -> a.repeat() ? "repeat" : "accepted";
            case SubmissionAnswer.RefusedAnswer r -> r.code().wireName();
        };
    }

    private void checkEntry(ReferenceLog.Group group, LogEntry entry) {
        if (entry.kind() == EntryKind.CONTROL) {
            return;
        }
        var senders = new ArrayList<SentSubmission>();
        for (var one : sent) {
            if (one.isStored()
                    && one.submission.group().equals(group.id)
                    && one.message().equals(entry.message())) {
                senders.add(one);
            }
        }
        Violation.unless(!senders.isEmpty(), "I3: an entry that nobody sent");
        Violation.unless(
                !senders.stream().allMatch(SentSubmission::isRefusedForGood),
                "refused for good, and yet at " + entry.position());
        var before = group.roster((int) entry.position() - 1);
        var author = senders.getFirst().submission.author();
        Violation.unless(
                before.isMember(author.member()) || mayJoin(group, senders.getFirst(), entry),
                "I9: an entry of one who was no member at " + entry.position());
    }

    private static boolean mayJoin(ReferenceLog.Group group, SentSubmission one, LogEntry entry) {
        boolean joins =
                switch (one.submission) {
                    case Submission.CreateSubmission _,
                            Submission.CommitVerdict _,
                            Submission.ReinitSubmission _,
                            Submission.OperatorCommand _,
                            Submission.LeaveSubmission _,
                            Submission.PolicySubmission _ ->
                            false;
                    case Submission.MessageSubmission m ->
                            m.byNewMember() && m.kind() == EntryKind.PROPOSAL;
                    case Submission.CommitSubmission c -> c.external();
                };
        return joins
                && switch (group.policy((int) entry.position() - 1).externalJoin()) {
                    case MEMBERS -> false;
                    case DEVICES ->
                            group.roster((int) entry.position() - 1)
                                    .hasDeviceOf(one.submission.author().owner());
                    case OPEN -> true;
                };
    }

    /// Checks that a read of the log returns what it acknowledged.
    private void checkStored(ReferenceLog.Group group) {
        journal.load(group.id, Integer.MAX_VALUE)
                .subscribe(snapshot -> examine(() -> checkStored(group, snapshot)));
        journal.pendingWelcomes(group.id)
                .subscribe(found -> examine(() -> checkWelcomes(group, found)));
        journal.groupInfo(group.id)
                .subscribe(found ->
                        examine(() ->
                                Violation.unless(
                                        found.map(StoredGroupInfo::content)
                                                .equals(group.groupInfo()),
                                        "the GroupInfo is not that of the commits in force")));
        var roster = group.roster(group.position());
        journal.memberships(group.id, roster.memberships().keySet())
                .subscribe(found ->
                        examine(() ->
                                Violation.unless(
                                        found.equals(roster.answers()),
                                        "the log's roster is not what its entries" + " make it")));
    }

    private static void checkWelcomes(ReferenceLog.Group group, List<PendingWelcome> found) {
        Violation.unless(
                found.stream()
                        .map(w -> Map.entry(w.logPosition().position(), w.welcome()))
                        .toList()
                        .equals(
                                group.welcomes.entrySet().stream()
                                        .limit(GroupLog.WELCOMES_MAX)
                                        .toList()),
                "I5: other Welcomes wait than those of the commits in force");
    }

    private static void checkStored(ReferenceLog.Group group, GroupSnapshot snapshot) {
        Violation.unless(snapshot.recent().equals(group.entries), "I3: the log lacks what it took");
        var roster = group.roster(group.position());
        Violation.unless(
                snapshot.departures().clients().stream()
                        .filter(Departures.DepartedClient::isWaiting)
                        .noneMatch(client -> roster.isMember(client.member())),
                "I9: a member waits for its removal");
    }
}
