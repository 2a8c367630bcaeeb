package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.RawSession.ClosedException;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ClientFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Plays one randomly generated session against the server and reports how it ends. The session has
/// either subprotocol and one of four ends. What it sends follows from its random numbers alone.
///
/// Threads: one thread sends, another reads.
final class SessionCase {
    private static final int MESSAGE_BYTES_MAX = 200_000;
    private static final int ANSWER_MILLIS_MAX = 60_000;

    /// Close codes that a session may get without a fault of its own.
    private static final Set<Integer> WITHOUT_FAULT =
            Set.of(
                    1000,
                    Code.HELLO_TIMEOUT.number(),
                    Code.SESSION_REPLACED.number(),
                    Code.GOING_AWAY.number(),
                    Code.TOO_MANY_CONNECTIONS.number(),
                    Code.CLIENT_TOO_FAST.number(),
                    Code.DEVICE_REVOKED.number(),
                    Code.AUTHENTICATION_UNAVAILABLE.number());

    /// Known close codes: those of this protocol, and those of RFC 6455.
    private static final Set<Integer> KNOWN =
            Arrays.stream(Code.values())
                    .filter(Code::closesConnection)
                    .map(Code::number)
                    .collect(Collectors.toUnmodifiableSet());

    private enum End {
        /// All submissions are answered, then a close frame is sent.
        ORDERLY,
        /// The last message has changed bytes.
        CHANGED_MESSAGE,
        /// The last WebSocket frames have changed bytes, also in headers.
        CHANGED_WEB_SOCKET,
        /// The connection is closed while answers are in transit.
        ABRUPT
    }

    private final Random random;
    private final FrameFormat format;
    private final FrameGenerator maker;
    private final Findings findings;
    private final String name;
    private final Map<Long, ClientFrame> unanswered = new ConcurrentHashMap<>();
    private volatile @Nullable IOException ended;
    private long frames;

    SessionCase(Random random, String name, Findings findings) {
        this.random = random;
        this.name = name;
        this.findings = findings;
        format = random.nextBoolean() ? FrameFormat.PROTO : FrameFormat.JSON;
        // Some cases share a user, and so end each other's sessions.
        maker =
                new FrameGenerator(
                        random, random.nextInt(30) == 0 ? "u" + random.nextInt(9) : name);
    }

    /// @return the number of sent frames
    long play(Socket socket) throws IOException {
        try (var session = RawSession.upgrade(socket, format)) {
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            var reader = Thread.ofVirtual().start(() -> read(session));
            var end = end();
            try {
                send(session, end);
                end(session, end);
            } catch (IOException e) {
                // The server closed first; the reader recorded how.
            }
            if (end != End.ABRUPT) {
                await(reader);
                judge(end);
            }
        }
        return frames;
    }

    private End end() {
        int kind = random.nextInt(20);
        return kind < 10
                ? End.ORDERLY
                : kind < 15 ? End.CHANGED_MESSAGE : kind < 19 ? End.CHANGED_WEB_SOCKET : End.ABRUPT;
    }

    private void send(RawSession session, End end) throws IOException {
        session.write(webSocket(payload(maker.hello())));
        session.write(webSocket(payload(maker.first())));
        for (int messages = 1 + random.nextInt(24); messages > 0 && ended == null; messages--) {
            session.write(webSocket(message()));
        }
        switch (end) {
            case CHANGED_MESSAGE -> session.write(webSocket(Mutator.mutate(random, message())));
            case CHANGED_WEB_SOCKET -> session.write(changedWebSocket());
            case ORDERLY, ABRUPT -> {}
        }
    }

    private void end(RawSession session, End end) throws IOException {
        switch (end) {
            case ORDERLY -> {
                awaitAnswers();
                session.write(close());
            }
            case CHANGED_MESSAGE -> session.write(close());
            case CHANGED_WEB_SOCKET -> {
                session.write(close());
                session.socket().shutdownOutput();
            }
            case ABRUPT -> session.close();
        }
    }

    private static byte[] close() {
        return RawSession.webSocket(RawSession.CLOSE, true, new byte[] {3, (byte) 0xe8});
    }

    private void awaitAnswers() {
        long deadline = System.nanoTime() + ANSWER_MILLIS_MAX * 1_000_000L;
        while (ended == null && !unanswered.isEmpty()) {
            if (System.nanoTime() > deadline) {
                findings.add(
                        name,
                        unanswered.size()
                                + " submissions have no answer, one of them: "
                                + shown(unanswered.values().iterator().next()));
                return;
            }
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static String shown(ClientFrame frame) {
        var text = frame.toString().replaceAll("\\s+", " ");
        return text.substring(0, Math.min(300, text.length()));
    }

    private byte[] message() {
        var frames = new ByteArrayOutputStream();
        // Some messages hold the maximum number of frames.
        int count = random.nextInt(2) == 0 ? 1 + random.nextInt(1_000) : 1 + random.nextInt(60);
        for (int i = 0; i < count && frames.size() < MESSAGE_BYTES_MAX; i++) {
            if (format == FrameFormat.JSON && i > 0) {
                frames.write('\n');
            }
            frames.writeBytes(payload(maker.next()));
        }
        return frames.toByteArray();
    }

    private byte[] payload(ClientFrame frame) {
        frames++;
        if (FrameGenerator.isSubmission(frame)) {
            unanswered.put(frame.getRequestId(), frame);
        }
        return FrameCodec.encodePayload(format, frame);
    }

    /// In one frame or in fragments, sometimes with a ping between them.
    private byte[] webSocket(byte[] payload) {
        int opcode = format == FrameFormat.PROTO ? RawSession.BINARY : RawSession.TEXT;
        if (random.nextInt(6) > 0 || payload.length < 2) {
            return RawSession.webSocket(opcode, true, payload);
        }
        var out = new ByteArrayOutputStream();
        int parts = 2 + random.nextInt(4);
        for (int part = 0, from = 0; part < parts; part++) {
            int to =
                    part == parts - 1
                            ? payload.length
                            : from + random.nextInt(payload.length - from + 1);
            out.writeBytes(
                    RawSession.webSocket(
                            part == 0 ? opcode : RawSession.CONTINUATION,
                            part == parts - 1,
                            Arrays.copyOfRange(payload, from, to)));
            from = to;
            if (random.nextInt(4) == 0) {
                out.writeBytes(
                        RawSession.webSocket(RawSession.PING, true, new byte[random.nextInt(126)]));
            }
        }
        return out.toByteArray();
    }

    private byte[] changedWebSocket() {
        var out = new ByteArrayOutputStream();
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            int kind = random.nextInt(5);
            out.writeBytes(
                    kind == 0
                            ? RawSession.webSocket(
                                    random.nextInt(16), random.nextBoolean(), message())
                            : kind == 1
                                    ? RawSession.header(
                                            RawSession.BINARY,
                                            random.nextBoolean(),
                                            random.nextLong() >>> random.nextInt(64))
                                    : Mutator.mutate(random, webSocket(message())));
        }
        return out.toByteArray();
    }

    private void read(RawSession session) {
        try {
            for (; ; ) {
                var frame = session.receive();
                if (FrameGenerator.isAnswer(frame)) {
                    unanswered.remove(frame.getRequestId());
                    if (frame.getRefused().getCode().equals(Code.INTERNAL.wireName())) {
                        findings.add(name, "internal: " + frame.getRefused().getDetail());
                    }
                }
            }
        } catch (IOException e) {
            ended = e;
        } catch (RuntimeException e) {
            ended = new IOException(e);
        }
    }

    private void await(Thread reader) {
        try {
            if (!reader.join(java.time.Duration.ofMillis(2 * ANSWER_MILLIS_MAX))) {
                findings.add(name, "does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void judge(End end) {
        var how = ended;
        if (how instanceof ClosedException closed) {
            findings.ended("session " + closed.code());
            boolean known = closed.code() < 4_000 || KNOWN.contains(closed.code());
            boolean faultless = WITHOUT_FAULT.contains(closed.code());
            if (!known || (end == End.ORDERLY && !faultless)) {
                findings.add(name, end + " ended by " + closed.getMessage());
            }
            return;
        }
        findings.ended("session without a code, " + end);
        boolean inTime = !(how instanceof java.net.SocketTimeoutException);
        if (!inTime || end != End.CHANGED_WEB_SOCKET) {
            findings.add(name, end + " ended by " + how);
        }
    }
}
