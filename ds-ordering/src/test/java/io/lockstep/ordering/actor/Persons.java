package io.lockstep.ordering.actor;

import io.lockstep.log.GroupPolicy;
import io.lockstep.log.MemberId;
import io.lockstep.log.OwnerId;
import io.lockstep.log.RosterChange;
import io.lockstep.ordering.Author;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/// The authors of the tests, and their submissions.
public final class Persons {
    public static final GroupId GROUP = new GroupId(bytes("group"));
    public static final Author ALICE = author("alice", "phone");
    public static final Author BOB = author("bob", "phone");
    public static final Author BOBS_LAPTOP = author("bob", "laptop");
    public static final Author CAROL = author("carol", "phone");

    private Persons() {}

    public static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public static Author author(String user, String device) {
        return new Author(
                new MemberId(bytes(user + "/" + device).sha256().slice(0, MemberId.BYTES)),
                new OwnerId(bytes(user).sha256().slice(0, OwnerId.BYTES)));
    }

    public static GroupPolicy policy(int pastEpochs, GroupPolicy.ExternalJoin externalJoin) {
        return new GroupPolicy(pastEpochs, externalJoin, Duration.ofDays(1));
    }

    public static Submission.Create creation(GroupId group, Author author) {
        return new Submission.Create(group, author, 0, GroupPolicy.DEFAULT, Bytes.EMPTY);
    }

    public static Submission.Message application(Author author, long epoch, String text) {
        return application(GROUP, author, epoch, bytes(text));
    }

    public static Submission.Message application(
            GroupId group, Author author, long epoch, Bytes message) {
        return new Submission.Message(
                group, author, ContentType.APPLICATION, epoch, false, false, message);
    }

    public static Submission.Message ephemeral(Author author, long epoch, String text) {
        return new Submission.Message(
                GROUP, author, ContentType.APPLICATION, epoch, false, true, bytes(text));
    }

    public static Submission.Message proposal(Author author, long epoch, String text) {
        return new Submission.Message(
                GROUP, author, ContentType.PROPOSAL, epoch, false, false, bytes(text));
    }

    public static Submission.Message newMemberProposal(Author author, long epoch, String text) {
        return new Submission.Message(
                GROUP, author, ContentType.PROPOSAL, epoch, true, false, bytes(text));
    }

    public static Submission.Commit commit(Author author, long epoch, String text) {
        return commit(author, epoch, text, RosterChange.NONE, 0);
    }

    public static Submission.Commit commit(
            Author author, long epoch, String text, RosterChange change, long knownPosition) {
        return new Submission.Commit(
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

    public static Submission.Commit external(Author author, long epoch, String text) {
        return external(author, epoch, text, RosterChange.NONE);
    }

    public static Submission.Commit external(
            Author author, long epoch, String text, RosterChange change) {
        return new Submission.Commit(
                GROUP, author, epoch, true, bytes(text), Bytes.EMPTY, Bytes.EMPTY, change, 0);
    }

    public static RosterChange adding(Author author) {
        return new RosterChange(Map.of(author.member(), author.owner()), Set.of());
    }

    public static RosterChange removing(Author author) {
        return new RosterChange(Map.of(), Set.of(author.member()));
    }
}
