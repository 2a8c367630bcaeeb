package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.Send;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Attacks by sessions that send small frames as fast as the server reads them.
final class FloodAttacks {
    private static final int SESSIONS = 4;
    private static final int BATCH = 500;

    private FloodAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Simple(
                        "pings",
                        "4 sessions that send WebSocket pings of one byte and read no pong",
                        FloodAttacks::pings),
                new Simple(
                        "attach-churn",
                        "4 sessions that attach and detach, 500 of each in a message, answers read",
                        context -> flood(context, FloodAttacks::attachAndDetach)),
                new Simple(
                        "unknown-groups",
                        "4 sessions that attach to many groups that do not exist",
                        context -> flood(context, FloodAttacks::attachUnknown)),
                new Simple(
                        "unknown-sends",
                        "4 sessions that send to many groups that do not exist",
                        context -> flood(context, FloodAttacks::sendUnknown)));
    }

    private static void pings(AttackContext context) {
        var ping = RawSession.webSocket(RawSession.PING, true, new byte[1]);
        var chunk = new ByteArrayOutputStream();
        while (chunk.size() < 1 << 16) {
            chunk.writeBytes(ping);
        }
        var bytes = chunk.toByteArray();
        context.together(
                SESSIONS,
                number -> {
                    var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
                    session.hello("dev:ping" + number + "/phone");
                    while (!context.isOver()) {
                        session.write(bytes);
                        context.count("chunks of 64 KiB");
                    }
                });
    }

    private interface Batch {
        ClientFrame[] frames(int session, long batch);
    }

    /// Reads and drops answers, so that no session is closed because it does not read.
    private static void flood(AttackContext context, Batch batch) {
        context.together(
                SESSIONS,
                number -> {
                    var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
                    session.socket().setSoTimeout(0);
                    session.hello("dev:flood" + number + "/phone");
                    var reader = Thread.ofVirtual().start(() -> drain(context, session));
                    for (long i = 0; !context.isOver() && reader.isAlive(); i++) {
                        session.send(batch.frames(number, i));
                        context.count("batches of " + BATCH);
                    }
                });
    }

    private static void drain(AttackContext context, RawSession session) {
        try {
            while (!context.isOver()) {
                session.receiveRaw();
            }
        } catch (IOException e) {
            context.count("session ended: " + LatencyProbe.describe(e));
        }
    }

    private static ClientFrame[] attachAndDetach(int session, long batch) {
        var frames = new ClientFrame[2 * BATCH];
        for (int i = 0; i < BATCH; i++) {
            // An existing group of another user, in every other attach.
            var group = group(i % 2 == 0 ? "group of honest" : "churn " + session);
            frames[2 * i] = attach(group);
            frames[2 * i + 1] =
                    ClientFrame.newBuilder()
                            .setDetach(Detach.newBuilder().setGroupId(group))
                            .build();
        }
        return frames;
    }

    private static ClientFrame[] attachUnknown(int session, long batch) {
        var frames = new ClientFrame[BATCH];
        for (int i = 0; i < BATCH; i++) {
            frames[i] = attach(group("none " + session + " " + batch + " " + i));
        }
        return frames;
    }

    private static ClientFrame[] sendUnknown(int session, long batch) {
        var frames = new ClientFrame[BATCH];
        for (int i = 0; i < BATCH; i++) {
            var group =
                    ("none " + session + " " + batch + " " + i).getBytes(StandardCharsets.UTF_8);
            frames[i] =
                    ClientFrame.newBuilder()
                            .setRequestId(i + 1)
                            .setSend(
                                    Send.newBuilder()
                                            .setMessage(
                                                    MlsBytes.application(
                                                                    new GroupId(Bytes.wrap(group)),
                                                                    0,
                                                                    i,
                                                                    50)
                                                            .asByteString()))
                            .build();
        }
        return frames;
    }

    static ClientFrame attach(ByteString group) {
        return ClientFrame.newBuilder()
                .setAttach(Attach.newBuilder().setCursor(Cursor.newBuilder().setGroupId(group)))
                .build();
    }

    static ByteString group(String name) {
        return ByteString.copyFromUtf8(name);
    }
}
