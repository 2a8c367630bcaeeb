package io.lockstep.bench;

import com.google.protobuf.ByteString;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.SubmitResult;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.RosterChange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Creates groups and puts their members onto the roster. Stateless.
final class GroupSetup {
    /// Members per commit; one commit may declare 16,384.
    private static final int NAMES_PER_COMMIT = 10_000;

    static final Duration PATIENCE = Duration.ofMinutes(2);

    private GroupSetup() {}

    static GroupId id(String name) {
        return new GroupId(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
    }

    /// Creates the group with the sender as its owner, and adds the members by as many commits as
    /// needed.
    ///
    /// @return the position of the last commit
    static long found(Sender owner, String group, MessageSource source, List<String> members) {
        int commits = Math.max(1, Math.ceilDiv(members.size(), NAMES_PER_COMMIT));
        require(Sender.await(create(owner, group, source.firstEpoch(commits)), PATIENCE));
        long position = 0;
        for (int from = 0; from < members.size() || from == 0; from += NAMES_PER_COMMIT) {
            var names = members.subList(from, Math.min(from + NAMES_PER_COMMIT, members.size()));
            var outcome =
                    require(
                            Sender.await(
                                    commit(owner, source.commit(), names, position), PATIENCE));
            source.committed();
            position = outcome.answer().getAccepted().getPosition();
        }
        return position;
    }

    /// Creates many small groups at once.
    ///
    /// @return futures to wait for
    static List<CompletableFuture<SubmitResult>> beginFounding(
            Sender owner, String group, MessageSource source, List<String> members) {
        var outcomes = new ArrayList<CompletableFuture<SubmitResult>>();
        outcomes.add(create(owner, group, source.firstEpoch(1)));
        outcomes.add(commit(owner, source.commit(), members, 0));
        source.committed();
        return outcomes;
    }

    private static CompletableFuture<SubmitResult> create(Sender owner, String group, long epoch) {
        return owner.submit(
                ClientFrame.newBuilder()
                        .setCreate(
                                Create.newBuilder()
                                        .setGroupId(ByteString.copyFromUtf8(group))
                                        .setEpoch(epoch)));
    }

    static CompletableFuture<SubmitResult> commit(
            Sender sender, Bytes message, List<String> add, long knownPosition) {
        return sender.submit(
                ClientFrame.newBuilder()
                        .setCommit(
                                Commit.newBuilder()
                                        .setMessage(message.asByteString())
                                        .setKnownPosition(knownPosition)
                                        .setRosterChange(
                                                RosterChange.newBuilder().addAllAdd(add))));
    }

    static SubmitResult require(SubmitResult outcome) {
        if (!outcome.isAccepted()) {
            throw new BenchException("refused: " + outcome.answer().getRefused());
        }
        return outcome;
    }
}
