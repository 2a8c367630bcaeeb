package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.raw.RawSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/// A case of bytes that are neither sessions nor requests: noise, a TLS handshake without TLS, or
/// an upgrade with changed bytes and possible further bytes.
///
/// Threads: confined to the thread that plays it.
final class NoiseCase {
    private static final int ANSWER_MILLIS_MAX = 30_000;
    private static final String UPGRADE =
            "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                    + "Sec-WebSocket-Protocol: lockstep.v1.proto\r\n\r\n";

    private final Random random;
    private final String name;
    private final Findings findings;

    NoiseCase(Random random, String name, Findings findings) {
        this.random = random;
        this.name = name;
        this.findings = findings;
    }

    /// @return the number of sent messages
    long play(Socket socket) throws IOException {
        try (socket) {
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            try {
                socket.getOutputStream().write(bytes());
                socket.shutdownOutput();
                var answer = socket.getInputStream().readAllBytes();
                findings.ended(answer.length == 0 ? "noise, no answer" : "noise, answered");
            } catch (SocketTimeoutException e) {
                findings.add(name, "the connection stays open after its end was sent");
            } catch (IOException e) {
                findings.ended("noise, reset");
            }
            return 1;
        }
    }

    private byte[] bytes() {
        var out = new ByteArrayOutputStream();
        switch (random.nextInt(4)) {
            case 0 -> {
                var noise = new byte[random.nextInt(20_000)];
                random.nextBytes(noise);
                out.writeBytes(noise);
            }
            case 1 -> out.writeBytes(new byte[] {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3});
            case 2 -> out.writeBytes(Mutator.mutate(random, ascii(UPGRADE)));
            default -> {
                out.writeBytes(ascii(UPGRADE));
                var noise = new byte[random.nextInt(2_000)];
                random.nextBytes(noise);
                out.writeBytes(
                        random.nextBoolean()
                                ? noise
                                : RawSession.webSocket(
                                        random.nextInt(16), random.nextBoolean(), noise));
            }
        }
        return out.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
