package io.lockstep.ordering.actor;

import io.lockstep.log.GroupRules;
import io.lockstep.log.MemberId;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/// The authors of the tests, and their submissions.
public final class TestAuthors {
    public static final GroupId GROUP = new GroupId(bytes("group"));
    public static final Author ALICE = author("alice", "phone");
    public static final Author BOB = author("bob", "phone");
    public static final Author BOBS_LAPTOP = author("bob", "laptop");
    public static final Author CAROL = author("carol", "phone");

    private TestAuthors() {}

    public static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Author author(String user, String device) {
        return new Author(
                new MemberId(bytes(user + "/" + device).sha256().slice(0, MemberId.BYTES)),
                new UserPseudonym(bytes(user).sha256().slice(0, UserPseudonym.BYTES)));
    }

    public static GroupRules policy(int pastEpochs, GroupRules.ExternalJoinRule externalJoin) {
        return GroupRules.DEFAULT
                .withPastEpochs(pastEpochs)
                .withExternalJoin(externalJoin)
                .withRetention(Duration.ofDays(1));
    }

    public static Submission.CreateSubmission creation(GroupId group, Author author) {
        return new Submission.CreateSubmission(group, author, 0, GroupRules.DEFAULT, Bytes.EMPTY);
    }

    public static Submission.MessageSubmission application(Author author, long epoch, String text) {
        return application(GROUP, author, epoch, bytes(text));
    }

    public static Submission.MessageSubmission application(
            GroupId group, Author author, long epoch, Bytes message) {
        return new Submission.MessageSubmission(
                group, author, EntryKind.APPLICATION, epoch, false, false, message);
    }

    public static Submission.MessageSubmission ephemeral(Author author, long epoch, String text) {
        return new Submission.MessageSubmission(
                GROUP, author, EntryKind.APPLICATION, epoch, false, true, bytes(text));
    }

    public static Submission.MessageSubmission proposal(Author author, long epoch, String text) {
        return new Submission.MessageSubmission(
                GROUP, author, EntryKind.PROPOSAL, epoch, false, false, bytes(text));
    }

    public static Submission.MessageSubmission newMemberProposal(
            Author author, long epoch, String text) {
        return new Submission.MessageSubmission(
                GROUP, author, EntryKind.PROPOSAL, epoch, true, false, bytes(text));
    }

    public static Submission.CommitSubmission commit(Author author, long epoch, String text) {
        return commit(author, epoch, text, RosterDelta.NONE, 0);
    }

    public static Submission.CommitSubmission commit(
            Author author, long epoch, String text, RosterDelta change, long knownPosition) {
        return new Submission.CommitSubmission(
                GROUP,
                author,
                epoch,
                false,
                bytes(text),
                Bytes.EMPTY,
                Bytes.EMPTY,
                change,
                knownPosition);
    }

    public static Submission.CommitSubmission external(Author author, long epoch, String text) {
        return external(author, epoch, text, RosterDelta.NONE);
    }

    public static Submission.CommitSubmission external(
            Author author, long epoch, String text, RosterDelta change) {
        return new Submission.CommitSubmission(
                GROUP, author, epoch, true, bytes(text), Bytes.EMPTY, Bytes.EMPTY, change, 0);
    }

    public static RosterDelta adding(Author author) {
        return new RosterDelta(Map.of(author.member(), author.owner()), Set.of());
    }

    public static RosterDelta removing(Author author) {
        return new RosterDelta(Map.of(), Set.of(author.member()));
    }
}
