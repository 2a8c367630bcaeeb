package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.fuzz.Recordings.Recording;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.benchmarks.raw.RawSession.ClosedException;
import io.lockstep.wire.frame.FrameFormat;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/// A case that replays a recorded connection, unchanged or with changed bytes in one message.
///
/// Threads: one thread sends, another reads.
final class RecordedCase {
    private static final int ANSWER_MILLIS_MAX = 30_000;
    private static final List<Recording> ALL = Recordings.all();

    private final Random random;
    private final String name;
    private final Findings findings;

    RecordedCase(Random random, String name, Findings findings) {
        this.random = random;
        this.name = name;
        this.findings = findings;
    }

    /// @return the number of sent messages
    long play(Socket socket) throws IOException {
        socket.setSoTimeout(ANSWER_MILLIS_MAX);
        var recording = renamed(ALL.get(random.nextInt(ALL.size())));
        int changed = random.nextInt(2 * recording.sent().size());
        if (recording.webSocket()) {
            playSession(socket, recording.sent(), changed);
        } else {
            playRequests(socket, recording.sent(), changed);
        }
        return recording.sent().size();
    }

    /// Half of the recordings use another group id, which the server does not know yet.
    private Recording renamed(Recording recording) {
        if (random.nextBoolean()) {
            return recording;
        }
        var other = "%08x".formatted(random.nextInt());
        return new Recording(
                recording.webSocket(),
                recording.sent().stream()
                        .map(sent ->
                                new String(sent, StandardCharsets.ISO_8859_1)
                                        .replace("recorded", other)
                                        .getBytes(StandardCharsets.ISO_8859_1))
                        .toList());
    }

    private byte[] bytes(List<byte[]> sent, int number, int changed) {
        var original = sent.get(number);
        return number == changed ? Mutator.mutate(random, original) : original;
    }

    private void playSession(Socket socket, List<byte[]> sent, int changed) throws IOException {
        try (var session = RawSession.upgrade(socket, FrameFormat.PROTO)) {
            var writer = Thread.ofVirtual().start(() -> write(session, sent, changed));
            try {
                while (true) {
                    var frame = session.receive();
                    if (frame.getRefused().getCode().equals("internal")) {
                        findings.add(name, "internal: " + frame.getRefused().getDetail());
                    }
                }
            } catch (ClosedException e) {
                findings.ended("recorded session " + e.code());
            } catch (IOException e) {
                findings.add(name, "a recorded session ended by " + e);
            } finally {
                writer.interrupt();
            }
        }
    }

    private void write(RawSession session, List<byte[]> sent, int changed) {
        try {
            for (int i = 0; i < sent.size(); i++) {
                session.write(
                        RawSession.webSocket(RawSession.BINARY, true, bytes(sent, i, changed)));
            }
            session.write(
                    RawSession.webSocket(RawSession.CLOSE, true, new byte[] {3, (byte) 0xe8}));
        } catch (IOException e) {
            // The server closed first; the reader records how.
        }
    }

    private void playRequests(Socket socket, List<byte[]> sent, int changed) throws IOException {
        try (socket) {
            for (int i = 0; i < sent.size(); i++) {
                socket.getOutputStream().write(bytes(sent, i, changed));
            }
            socket.shutdownOutput();
            var answers = socket.getInputStream().readAllBytes();
            findings.ended("recorded requests");
            if (new String(answers, StandardCharsets.ISO_8859_1).contains("HTTP/1.1 500 ")) {
                findings.add(name, "status 500 to a recorded request");
            }
        } catch (SocketTimeoutException e) {
            findings.add(name, "recorded requests: neither answered nor ended");
        } catch (IOException e) {
            findings.ended("recorded requests, reset");
        }
    }
}
