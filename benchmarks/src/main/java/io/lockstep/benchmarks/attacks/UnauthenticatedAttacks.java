package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.TargetServer;
import io.lockstep.wire.frame.FrameFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Attacks without a token: on memory, connection slots, and queued answers.
final class UnauthenticatedAttacks {
    private static final int FRAGMENT_CONNECTIONS = 6;
    private static final int FRAGMENT_BYTES = 14 << 20;
    private static final int HALF_CONNECTIONS = 480;
    private static final int HALF_BYTES = 1 << 20;
    private static final int BEGINNERS = 7_000;
    private static final int PIPELINES = 4;
    private static final int PIPELINED_REQUESTS = 40_000;
    private static final int CLIENTS_WITHOUT_FILES = 500;

    private UnauthenticatedAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Simple(
                        "fragments",
                        "6 connections, 14 MiB of one-byte WebSocket fragments each, before hello",
                        UnauthenticatedAttacks::fragments),
                new Simple(
                        "half-messages",
                        "480 connections with half a 2 MiB message each, before hello",
                        context -> halfMessages(context, false)),
                new Simple(
                        "half-messages-hello",
                        "480 sessions with half a 2 MiB message each, after hello",
                        context -> halfMessages(context, true)),
                new Simple(
                        "beginners",
                        "7,000 connections from one address that send nothing",
                        UnauthenticatedAttacks::beginners),
                new Simple(
                        "pipelined",
                        "4 connections, 40,000 GET /openapi.yaml each, answers unread",
                        UnauthenticatedAttacks::pipelined),
                new FewFiles());
    }

    private static void fragments(AttackContext context) {
        var one = RawSession.webSocket(RawSession.CONTINUATION, false, new byte[1]);
        var chunk = new ByteArrayOutputStream();
        while (chunk.size() < 1 << 16) {
            chunk.writeBytes(one);
        }
        var bytes = chunk.toByteArray();
        context.together(
                FRAGMENT_CONNECTIONS,
                _ -> {
                    var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
                    session.write(RawSession.webSocket(RawSession.BINARY, false, new byte[1]));
                    for (int sent = 0;
                            sent < FRAGMENT_BYTES && !context.isOver();
                            sent += bytes.length) {
                        session.write(bytes);
                    }
                    context.count("sent all");
                });
        context.untilOver();
    }

    private static void halfMessages(AttackContext context, boolean hello) {
        var half = new byte[HALF_BYTES];
        context.together(
                HALF_CONNECTIONS,
                number -> {
                    var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
                    if (hello) {
                        session.hello("dev:half" + number + "/phone");
                    }
                    session.write(RawSession.header(RawSession.BINARY, true, 2L * HALF_BYTES));
                    session.write(half);
                    context.count("sent half");
                });
        context.untilOver();
    }

    /// Reopens closed connections.
    private static void beginners(AttackContext context) {
        var open = new ArrayList<Socket>();
        while (!context.isOver()) {
            try {
                if (open.size() < BEGINNERS) {
                    open.add(context.connect());
                    context.count("opened");
                } else {
                    context.pause(500);
                    open.removeIf(UnauthenticatedAttacks::isClosed);
                }
            } catch (IOException e) {
                context.count("not opened: " + LatencyProbe.describe(e));
                context.pause(100);
            }
        }
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.setSoTimeout(1);
            return socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void pipelined(AttackContext context) {
        var request =
                "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        var hundred = new ByteArrayOutputStream();
        for (int i = 0; i < 100; i++) {
            hundred.writeBytes(request);
        }
        var bytes = hundred.toByteArray();
        context.together(
                PIPELINES,
                _ -> {
                    var out = context.connect().getOutputStream();
                    for (int i = 0; i < PIPELINED_REQUESTS / 100 && !context.isOver(); i++) {
                        out.write(bytes);
                    }
                    context.count("sent all");
                });
        context.untilOver();
    }

    /// The server's own files, its Redis and 500 clients need more than 300 file descriptors.
    private record FewFiles() implements Attack {
        @Override
        public String name() {
            return "few-files";
        }

        @Override
        public String what() {
            return "500 sessions at a server that may open 300 files";
        }

        @Override
        public AttackSetup setting(TargetServer.Start start) {
            return AttackSetup.of(start).withOpenFiles(300);
        }

        @Override
        public void run(AttackContext context) {
            context.together(
                    CLIENTS_WITHOUT_FILES,
                    number -> {
                        var session = RawSession.upgrade(context.connect(), FrameFormat.PROTO);
                        session.hello("dev:file" + number + "/phone");
                        context.count("ready");
                    });
            context.untilOver();
        }
    }
}
