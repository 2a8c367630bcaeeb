package io.lockstep.ordering.state;

import io.lockstep.log.BlobReference;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogNotice;
import io.lockstep.log.LogPosition;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewEntry;
import io.lockstep.log.PartContent;
import io.lockstep.log.ProvisionalChange;
import io.lockstep.log.RosterDelta;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.ordering.SubmissionAnswer;
import io.lockstep.ordering.state.Decision.Disclosure;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.ProposalTypes;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// The rules of ordering: a pure function from a group's state and a submission to a decision.
///
/// The order of the checks is part of the rules. Authority is checked first, so that an outsider
/// learns nothing. Then a resend is detected, so that it gets its first outcome even if the group
/// has moved on. Then the epoch is checked.
///
/// | Submission (group's epoch n, window w) | Accepted when |
/// |---|---|
/// | commit | epoch = n |
/// | proposal | epoch = n |
/// | application message, ephemeral or not | n-w ≤ epoch ≤ n |
/// | rejection of a commit | it is provisional, and of another member |
/// | acknowledgement of a commit | the same |
/// | leave | its sender is a member |
/// | change of the policy | the policy gives its sender the right |
///
/// While the operator has frozen the group, only the operator's commands are accepted.
public final class Decider {
    /// Members that an external commit may remove: a user has few devices in one group.
    static final int EXTERNAL_REMOVED_MAX = 16;

    /// Epochs are below 2^63 here, as in submissions of clients.
    static final long EPOCH_MAX = Long.MAX_VALUE;

    /// The largest number that a store can represent without loss: Lua computes in doubles.
    static final long POSITION_MAX = (1L << 53) - 1;

    private static final Decision UNDECIDED = invalid("not decided");

    private Decider() {}

    /// @param keyed a message or commit; the log itself decides a create
    /// @param acceptedAtMillis the time to record if it is accepted
    public static Decision decide(GroupState state, KeyedSubmission keyed, long acceptedAtMillis) {
        return switch (keyed.submission()) {
            case Submission.CreateSubmission create ->
                    throw new IllegalArgumentException(
                            "a create is decided by the log: " + create.group());
            case Submission.MessageSubmission m when m.ephemeral() ->
                    ephemeral(state, m, acceptedAtMillis);
            case Submission.MessageSubmission m ->
                    authorised(
                            state,
                            keyed,
                            m.epoch(),
                            authority -> message(state, keyed, m, authority, acceptedAtMillis));
            case Submission.CommitSubmission c ->
                    authorised(
                            state,
                            keyed,
                            c.epoch(),
                            authority -> commit(state, keyed, c, authority, acceptedAtMillis));
            case Submission.CommitVerdict v -> VerdictDecider.decide(state, v, acceptedAtMillis);
            case Submission.ReinitSubmission r -> ReinitDecider.decide(state, r, acceptedAtMillis);
            case Submission.OperatorCommand o -> OperatorDecider.decide(state, o, acceptedAtMillis);
            case Submission.LeaveSubmission l -> LeaveDecider.decide(state, l, acceptedAtMillis);
            case Submission.PolicySubmission p -> PolicyDecider.decide(state, p, acceptedAtMillis);
        };
    }

    /// The question that the log must answer before the submission can be decided.
    public static Optional<Decision.AskLog> query(GroupState state, KeyedSubmission keyed) {
        return switch (keyed.submission()) {
            case Submission.CreateSubmission _,
                    Submission.CommitVerdict _,
                    Submission.ReinitSubmission _,
                    Submission.OperatorCommand _,
                    Submission.LeaveSubmission _,
                    Submission.PolicySubmission _ ->
                    Optional.empty();
            case Submission.MessageSubmission m ->
                    m.ephemeral() ? Optional.empty() : query(state, keyed, m.epoch());
            case Submission.CommitSubmission c -> query(state, keyed, c.epoch());
        };
    }

    private static Optional<Decision.AskLog> query(
            GroupState state, KeyedSubmission keyed, long epoch) {
        return authorised(state, keyed, epoch, _ -> UNDECIDED) instanceof Decision.AskLog ask
                ? Optional.of(ask)
                : Optional.empty();
    }

    private interface Rules {
        Decision decide(Authority authority);
    }

    private static Decision authorised(
            GroupState state, KeyedSubmission keyed, long epoch, Rules rules) {
        var authority = Authority.of(state, keyed.submission());
        if (authority instanceof Authority.NoAuthority none && !keyed.attempted()) {
            return refuse(none.code());
        }
        return switch (state.duplicateCheck(keyed, epoch)) {
            case DuplicateCheck.MustAskLog ask -> new Decision.AskLog(ask.position());
            case DuplicateCheck.FoundAt at when mayLearn(authority, at, keyed) ->
                    new Decision.Repeat(
                            new SubmissionAnswer.AcceptedAnswer(
                                    at.logPosition(), at.epochAfter(), true));
            case DuplicateCheck.FoundAt _,
                    DuplicateCheck.AbsentUpTo _,
                    DuplicateCheck.NotChecked _ ->
                    switch (authority) {
                        case Authority.NoAuthority none -> refuse(none.code());
                        case Authority.FormerMember _ -> refuse(Code.REMOVED);
                        case Authority.Member _, Authority.Joiner _ ->
                                closed(state).orElseGet(() -> rules.decide(authority));
                    };
        };
    }

    /// Decides what only members may send; refuses it to all others.
    static Decision ofMember(GroupState state, Submission submission, Supplier<Decision> rules) {
        return switch (Authority.of(state, submission)) {
            case Authority.NoAuthority none -> refuse(none.code());
            case Authority.FormerMember _ -> refuse(Code.REMOVED);
            case Authority.Joiner _ -> refuse(Code.NOT_A_MEMBER);
            case Authority.Member _ -> rules.get();
        };
    }

    /// The refusal of every submission of a member while the group has ended, or is frozen by the
    /// operator.
    static Optional<Decision> closed(GroupState state) {
        return ReinitDecider.refusal(state).or(() -> OperatorDecider.refusal(state));
    }

    /// Whether the author may learn that its bytes are in the log. It may if this same submission
    /// put them there, even if the author lost its authority before that was known.
    private static boolean mayLearn(
            Authority authority, DuplicateCheck.FoundAt at, KeyedSubmission keyed) {
        return switch (authority) {
            case Authority.Member _, Authority.Joiner _ -> true;
            case Authority.FormerMember former ->
                    keyed.attempted() || at.logPosition().position() <= former.lastVisible();
            case Authority.NoAuthority _ -> keyed.attempted();
        };
    }

    private static Decision message(
            GroupState state,
            KeyedSubmission keyed,
            Submission.MessageSubmission m,
            Authority authority,
            long at) {
        var epochRule =
                switch (m.kind()) {
                    case CONTROL ->
                            Optional.<Decision>of(
                                    invalid("only the service writes control entries"));
                    case APPLICATION -> withinWindow(state, m.epoch());
                    case PROPOSAL -> current(state, m.epoch(), authority);
                    case COMMIT ->
                            Optional.<Decision>of(
                                    invalid("a commit must not be submitted as a message"));
                };
        return epochRule
                .or(() -> logRefusal(keyed))
                .orElseGet(() ->
                        append(
                                state,
                                m.kind(),
                                m.epoch(),
                                at,
                                m.content(),
                                keyed.key(),
                                RosterDelta.NONE,
                                List.of(),
                                Optional.empty(),
                                m.byNewMember()
                                        ? 0
                                        : confirmedBy(state, m.author(), m.epoch(), authority, at),
                                false,
                                Optional.empty(),
                                NewEntry::of));
    }

    private static Decision commit(
            GroupState state,
            KeyedSubmission keyed,
            Submission.CommitSubmission c,
            Authority authority,
            long at) {
        var rule = current(state, c.epoch(), authority).or(() -> logRefusal(keyed));
        if (rule.isPresent()) {
            return rule.get();
        }
        if (state.epoch() < 0 || state.epoch() == EPOCH_MAX) {
            return invalid("the group is in the last possible epoch, 2^63-1");
        }
        if (c.joinersRefused().isPresent()) {
            return refuse(c.joinersRefused().get());
        }
        if (c.external() && !joinsOnly(state, c)) {
            return invalid("an external commit must add its author and no other member");
        }
        var change = c.external() ? joining(c) : c.rosterChange();
        // A client that joins by itself knows the epoch only from the GroupInfo, a member, too.
        long confirms = c.external() ? 0 : confirmedBy(state, c.author(), c.epoch(), authority, at);
        if (state.policy().voidsCommits()) {
            var refusal = VerdictDecider.checkProvisional(state, change, confirms, at);
            if (refusal.isPresent()) {
                return refusal.get();
            }
            change = state.roster().exact(change, state.departures().waiting());
            confirms =
                    Math.max(
                            confirms,
                            state.provisional()
                                    .confirmed(confirms)
                                    .confirmedByLimits(change.size(), state.proposals().size()));
        }
        return append(
                state,
                EntryKind.COMMIT,
                c.epoch(),
                at,
                c.content(),
                keyed.key(),
                change,
                c.external() ? voided(state) : List.of(),
                state.policy().voidsCommits() ? Optional.of(c.author().member()) : Optional.empty(),
                confirms,
                c.groupInfo().isEmpty(),
                c.names(),
                entry ->
                        new NewEntry(entry, c.welcome(), c.groupInfo(), c.ratchetTree())
                                .withWelcomeSender(c.welcomeSender()));
    }

    /// The epoch's proposals, except the SelfRemoves among the recent entries: an external commit
    /// may include these by reference.
    private static List<Long> voided(GroupState state) {
        return state.proposals().stream()
                .filter(position ->
                        state.recent().at(position).filter(Decider::isSelfRemove).isEmpty())
                .toList();
    }

    private static boolean isSelfRemove(LogEntry entry) {
        var type = ProposalTypes.ofPublic(entry.message());
        return type.isPresent() && type.getAsInt() == ProposalTypes.SELF_REMOVE;
    }

    /// RFC 9420 §12.4.3.2: an external commit adds no member except its author, has no Welcome, and
    /// removes at most the joiner's prior appearance. This is checked against the roster; otherwise
    /// any joiner could remove all members.
    private static boolean joinsOnly(GroupState state, Submission.CommitSubmission c) {
        var author = c.author();
        return c.welcome().isEmpty()
                && c.rosterChange().removed().size() <= EXTERNAL_REMOVED_MAX
                && c.rosterChange().added().keySet().stream().allMatch(author.member()::equals)
                && c.rosterChange().removed().stream()
                        .allMatch(member ->
                                state.roster()
                                        .find(member)
                                        .filter(m -> m.owner().equals(author.owner()))
                                        .isPresent());
    }

    /// The newest provisional commit that a message confirms.
    private static long confirmedBy(
            GroupState state, Author author, long epoch, Authority authority, long at) {
        return authority instanceof Authority.Member
                ? state.provisional().confirmedByMessage(author.member(), epoch, at)
                : 0;
    }

    private static RosterDelta joining(Submission.CommitSubmission c) {
        var added = new HashMap<>(c.rosterChange().added());
        added.put(c.author().member(), c.author().owner());
        return new RosterDelta(added, c.rosterChange().removed());
    }

    private static Decision ephemeral(GroupState state, Submission.MessageSubmission m, long at) {
        var authority = Authority.of(state, m);
        return switch (authority) {
            case Authority.NoAuthority none -> refuse(none.code());
            case Authority.FormerMember _ -> refuse(Code.REMOVED);
            case Authority.Joiner _ -> refuse(Code.NOT_A_MEMBER);
            case Authority.Member _
                    when m.kind() != EntryKind.APPLICATION
                            || !(m.content() instanceof PartContent.Inline) ->
                    invalid("only an application message with inline content can be ephemeral");
            case Authority.Member _ ->
                    closed(state)
                            .or(() -> withinWindow(state, m.epoch()))
                            .orElseGet(() ->
                                    new Decision.Relay(
                                            new LogNotice.EphemeralMessage(
                                                    state.group(),
                                                    m.epoch(),
                                                    at,
                                                    inline(m),
                                                    state.logPosition().position()),
                                            new SubmissionAnswer.AcceptedAnswer(
                                                    new LogPosition(
                                                            state.logPosition().incarnation(),
                                                            0,
                                                            Bytes.EMPTY),
                                                    state.epoch(),
                                                    false)));
        };
    }

    private static Bytes inline(Submission.MessageSubmission m) {
        return switch (m.content()) {
            case PartContent.Inline(var bytes) -> bytes;
            case BlobReference _ -> throw new IllegalStateException("an ephemeral reference");
        };
    }

    private static Optional<Decision> logRefusal(KeyedSubmission keyed) {
        return keyed.logRefusal().map(Decider::refuse);
    }

    private static Optional<Decision> current(GroupState state, long epoch, Authority authority) {
        int order = Long.compareUnsigned(epoch, state.epoch());
        if (order == 0) {
            return Optional.empty();
        }
        if (order > 0) {
            return Optional.of(fromTheFuture(state, epoch));
        }
        return Optional.of(
                new Decision.Refuse(
                        new Refusal(
                                Code.EPOCH_CONFLICT,
                                "epoch "
                                        + unsigned(epoch)
                                        + " is over, the group is in "
                                        + unsigned(state.epoch())),
                        authority instanceof Authority.Member
                                ? Disclosure.MISSED
                                : Disclosure.TAIL));
    }

    private static Optional<Decision> withinWindow(GroupState state, long epoch) {
        if (Long.compareUnsigned(epoch, state.epoch()) > 0) {
            return Optional.of(fromTheFuture(state, epoch));
        }
        if (Long.compareUnsigned(state.epoch() - epoch, state.policy().pastEpochs()) <= 0) {
            return Optional.empty();
        }
        return Optional.of(
                new Decision.Refuse(
                        new Refusal(
                                Code.EPOCH_TOO_OLD,
                                "epoch "
                                        + unsigned(epoch)
                                        + " is more than "
                                        + state.policy().pastEpochs()
                                        + " behind the group's, "
                                        + unsigned(state.epoch())),
                        Disclosure.TAIL));
    }

    private static Decision fromTheFuture(GroupState state, long epoch) {
        return new Decision.Refuse(
                new Refusal(
                        Code.EPOCH_FROM_THE_FUTURE,
                        "epoch "
                                + unsigned(epoch)
                                + " has not begun, the group is in "
                                + unsigned(state.epoch())),
                Disclosure.TAIL);
    }

    static Decision append(
            GroupState state,
            EntryKind kind,
            long epoch,
            long acceptedAtMillis,
            PartContent content,
            Bytes key,
            RosterDelta rosterChange,
            List<Long> voidedProposals,
            Optional<MemberId> author,
            long confirms,
            boolean withoutGroupInfo,
            Optional<PartContent> names,
            Function<LogEntry, NewEntry> withParts) {
        if (state.logPosition().position() >= POSITION_MAX) {
            return invalid("the group has the maximum number of entries, 2^53-1");
        }
        var entry =
                new LogEntry(
                        state.logPosition().position() + 1,
                        kind,
                        epoch,
                        acceptedAtMillis,
                        content,
                        key,
                        state.headAfter(kind, key),
                        rosterChange,
                        voidedProposals,
                        author,
                        confirms,
                        withoutGroupInfo,
                        names);
        var next = state.apply(entry);
        var added = withParts.apply(entry);
        if (!next.provisional().equals(state.provisional())) {
            added =
                    added.withProvisional(
                            new ProvisionalChange(state.provisional(), next.provisional()));
        }
        if (!next.departures().equals(state.departures())) {
            added = added.withDepartures(next.departures());
        }
        return new Decision.Append(
                next,
                added,
                new SubmissionAnswer.AcceptedAnswer(next.logPosition(), next.epoch(), false));
    }

    static Decision refuse(Code code) {
        return new Decision.Refuse(Refusal.of(code), Disclosure.NOTHING);
    }

    static Decision invalid(String detail) {
        return new Decision.Refuse(new Refusal(Code.INVALID_REQUEST, detail), Disclosure.NOTHING);
    }

    private static String unsigned(long epoch) {
        return Long.toUnsignedString(epoch);
    }
}
