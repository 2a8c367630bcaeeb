package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.TargetServer;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Loads beyond a quota, and beyond the store's memory: what each caller gets, and whether others
/// notice. The honest client is another user in another group.
final class QuotaAttacks {
    private static final int SESSIONS = 4;
    private static final int MESSAGE_BYTES = 200;
    private static final int LONG_MESSAGE_BYTES = 20_000;

    /// The store's memory beyond what it uses at the start.
    private static final long ROOM_BYTES = 128 << 20;

    private QuotaAttacks() {}

    static List<Attack> all() {
        return List.of(
                new WithQuota(
                        "user-at-quota",
                        "4 devices of one user send as fast as they are answered; it may store"
                                + " 2,000 messages",
                        "quotas.user-entries=2000",
                        (context, number) -> send(context, "hog/d" + number, "hog " + number)),
                new WithQuota(
                        "group-at-quota",
                        "4 users send to one group as fast as they are answered; it takes 100"
                                + " messages a second",
                        "quotas.group-messages-per-second=100",
                        QuotaAttacks::sendToOneGroup),
                new FullStore());
    }

    /// One of the senders of an attack.
    interface Sender {
        void run(AttackContext context, int number) throws IOException;
    }

    /// Senders on a server with another quota.
    private record WithQuota(String name, String what, String quota, Sender sender)
            implements Attack {
        @Override
        public AttackSetup setting(TargetServer.Start start) {
            return AttackSetup.of(start).with(List.of("--set", quota));
        }

        @Override
        public void prepare(AttackContext context) throws IOException {
            if (name.startsWith("group")) {
                createShared(context);
            }
        }

        @Override
        public void run(AttackContext context) {
            context.together(SESSIONS, number -> sender.run(context, number));
        }
    }

    /// Senders that fill the store's memory. Then they delete their groups.
    private static final class FullStore implements Attack {
        @Override
        public String name() {
            return "redis-nearly-full";
        }

        @Override
        public String what() {
            return "4 users send 20 kB messages until Redis has used 128 MiB more, its maxmemory,"
                    + " then delete their groups; the honest client is refused meanwhile";
        }

        @Override
        public void run(AttackContext context) throws IOException {
            try (var redis = new RedisStatistics(context.server().redis())) {
                long max = redis.usedMemory() + ROOM_BYTES;
                redis.configure("maxmemory", Long.toString(max));
                context.together(
                        SESSIONS,
                        number ->
                                send(
                                        context,
                                        "filler" + number + "/phone",
                                        "filler " + number,
                                        LONG_MESSAGE_BYTES));
                context.note("memory used at the end, percent", redis.usedMemory() * 100 / max);
                for (int number = 0; number < SESSIONS; number++) {
                    var path =
                            "/v1/groups/"
                                    + Base64.getUrlEncoder()
                                            .withoutPadding()
                                            .encodeToString(bytes("filler " + number));
                    var deleted =
                            context.call(
                                    "filler" + number + "/phone",
                                    "DELETE",
                                    path,
                                    "application/json",
                                    new byte[0]);
                    context.count("deletions: " + deleted.status());
                }
                context.note(
                        "memory used after deletions, percent", redis.usedMemory() * 100 / max);
            }
        }
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    private static void createShared(AttackContext context) throws IOException {
        var group = bytes("shared");
        var creator = open(context, "member0/phone");
        context.count("create: " + GroupAttacks.create(creator, group));
        var change = RosterChange.newBuilder();
        for (int number = 1; number < SESSIONS; number++) {
            change.addAdd("member" + number + "/phone");
        }
        creator.send(
                ClientFrame.newBuilder()
                        .setRequestId(2)
                        .setCommit(
                                Commit.newBuilder()
                                        .setMessage(
                                                MlsBytes.commit(id(group), 0, 1, 300)
                                                        .asByteString())
                                        .setRosterChange(change))
                        .build());
        context.count("commit: " + GroupAttacks.answer(creator, 2));
    }

    private static GroupId id(byte[] group) {
        return new GroupId(Bytes.wrap(group));
    }

    private static RawSession open(AttackContext context, String client) throws IOException {
        var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
        session.socket().setSoTimeout(20_000);
        session.hello("dev:" + client);
        return session;
    }

    private static void sendToOneGroup(AttackContext context, int number) throws IOException {
        var session = open(context, "member" + number + "/phone");
        send(context, session, bytes("shared"), 1, number, MESSAGE_BYTES);
    }

    private static void send(AttackContext context, String client, String group)
            throws IOException {
        send(context, client, group, MESSAGE_BYTES);
    }

    private static void send(AttackContext context, String client, String group, int size)
            throws IOException {
        var session = open(context, client);
        context.count("create: " + GroupAttacks.create(session, bytes(group)));
        send(context, session, bytes(group), 0, 0, size);
    }

    /// Sends again at once when it is refused, whatever the refusal advises.
    private static void send(
            AttackContext context,
            RawSession session,
            byte[] group,
            long epoch,
            int number,
            int size)
            throws IOException {
        long longest = 0;
        for (long request = 10; !context.isOver(); request++) {
            long marker = (long) number << 40 | request;
            long begun = System.nanoTime();
            session.send(
                    ClientFrame.newBuilder()
                            .setRequestId(request)
                            .setSend(
                                    Send.newBuilder()
                                            .setMessage(message(group, epoch, marker, size)))
                            .build());
            context.count("messages: " + GroupAttacks.answer(session, request));
            longest = Math.max(longest, System.nanoTime() - begun);
        }
        context.note(
                "longest answer of sender " + number + ", millis",
                TimeUnit.NANOSECONDS.toMillis(longest));
    }

    private static ByteString message(byte[] group, long epoch, long marker, int size) {
        return MlsBytes.application(id(group), epoch, marker, size).asByteString();
    }
}
