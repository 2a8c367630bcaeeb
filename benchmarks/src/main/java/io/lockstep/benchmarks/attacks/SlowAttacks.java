package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.PlainHttp;
import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/// Attacks that send request bodies, request heads and TLS handshakes one byte at a time.
final class SlowAttacks {
    private static final int SLOW_BODIES = 10;
    private static final int BODY_BYTES = 8 << 20;
    private static final int SLOW_HEADS = 1_000;
    private static final int SLOW_HANDSHAKES = 1_000;

    /// The record and handshake headers of a ClientHello of 512 bytes.
    private static final byte[] CLIENT_HELLO = {22, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3};

    private SlowAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Simple(
                        "slow-bodies",
                        "ten bodies of 8 MiB of one client, their ends a byte each half second",
                        SlowAttacks::bodies),
                new Simple(
                        "slow-heads",
                        "1,000 connections that send a request head a byte a second",
                        context ->
                                trickle(
                                        context,
                                        SLOW_HEADS,
                                        "GET /livez HTTP/1.1\r\nx: "
                                                .getBytes(StandardCharsets.US_ASCII))),
                new SlowTls());
    }

    private static void bodies(AttackContext context) {
        var packages = new KeyPackageGenerator();
        try (var other =
                new LatencyProbe(
                        "publisher",
                        500,
                        () -> publish(context, "other/phone", packages.next("other", 0)))) {
            other.latencies().enter(AttackPhase.DURING);
            context.together(
                    SLOW_BODIES,
                    _ -> {
                        var socket = context.connect();
                        PlainHttp.writeHead(
                                socket.getOutputStream(),
                                "POST",
                                "/v1/key-packages",
                                Map.of(
                                        "authorization", "Bearer dev:slow/phone",
                                        "content-type", "message/mls"),
                                BODY_BYTES);
                        socket.getOutputStream().write(new byte[BODY_BYTES - 1_000]);
                        context.count("sent all but the end");
                        drip(context, socket, 500);
                    });
            context.untilOver();
            context.note("other publishers", other.latencies().report(AttackPhase.DURING));
        }
    }

    static void publish(AttackContext context, String client, byte[] packages) throws IOException {
        int status =
                context.call(client, "POST", "/v1/key-packages", "message/mls", packages).status();
        if (status != 200) {
            throw new LatencyProbe.ProbeFailedException("status " + status);
        }
    }

    /// Opens connections that send a start and then one byte a second. Reopens closed ones.
    private static void trickle(AttackContext context, int connections, byte[] beginning) {
        context.together(
                connections,
                _ -> {
                    while (!context.isOver()) {
                        try {
                            var socket = context.connect();
                            socket.getOutputStream().write(beginning);
                            context.count("opened");
                            drip(context, socket, 1_000);
                        } catch (IOException e) {
                            context.count("cut: " + LatencyProbe.describe(e));
                            context.pause(500);
                        }
                    }
                });
    }

    private static void drip(AttackContext context, Socket socket, long everyMillis)
            throws IOException {
        OutputStream out = socket.getOutputStream();
        while (!context.isOver()) {
            out.write('a');
            context.pause(everyMillis);
        }
    }

    /// Its honest clients use TLS as well.
    private record SlowTls() implements Attack {
        @Override
        public String name() {
            return "slow-tls";
        }

        @Override
        public String what() {
            return "1,000 connections that send a ClientHello a byte a second, to a server with"
                    + " TLS";
        }

        @Override
        public AttackSetup setting(TargetServer.Start start) throws IOException {
            var folder = Files.createTempDirectory("lockstep-tls");
            var certificate = TlsFiles.make(folder);
            return AttackSetup.of(start)
                    .with(
                            List.of(
                                    "--set",
                                    "tls.certificate=" + certificate,
                                    "--set",
                                    "tls.key=" + folder.resolve("tls.key")))
                    .withTls();
        }

        @Override
        public void run(AttackContext context) {
            trickle(context, SLOW_HANDSHAKES, CLIENT_HELLO);
        }
    }
}
