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

/// Bodies, heads and TLS handshakes that are sent a byte at a time.
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
                        scene ->
                                trickle(
                                        scene,
                                        SLOW_HEADS,
                                        "GET /livez HTTP/1.1\r\nx: "
                                                .getBytes(StandardCharsets.US_ASCII))),
                new SlowTls());
    }

    private static void bodies(AttackContext scene) {
        var packages = new KeyPackageGenerator();
        try (var other =
                new LatencyProbe(
                        "publisher",
                        500,
                        () -> publish(scene, "other/phone", packages.next("other", 0)))) {
            other.latencies().enter(AttackPhase.DURING);
            scene.together(
                    SLOW_BODIES,
                    _ -> {
                        var socket = scene.connect();
                        PlainHttp.writeHead(
                                socket.getOutputStream(),
                                "POST",
                                "/v1/key-packages",
                                Map.of(
                                        "authorization", "Bearer dev:slow/phone",
                                        "content-type", "message/mls"),
                                BODY_BYTES);
                        socket.getOutputStream().write(new byte[BODY_BYTES - 1_000]);
                        scene.count("sent all but the end");
                        drip(scene, socket, 500);
                    });
            scene.untilOver();
            scene.note("other publishers", other.latencies().report(AttackPhase.DURING));
        }
    }

    static void publish(AttackContext scene, String client, byte[] packages) throws IOException {
        int status =
                scene.call(client, "POST", "/v1/key-packages", "message/mls", packages).status();
        if (status != 200) {
            throw new LatencyProbe.ProbeFailedException("status " + status);
        }
    }

    /// Opens connections that send a beginning and then a byte a second. One that is closed is opened anew.
    private static void trickle(AttackContext scene, int connections, byte[] beginning) {
        scene.together(
                connections,
                _ -> {
                    while (!scene.isOver()) {
                        try {
                            var socket = scene.connect();
                            socket.getOutputStream().write(beginning);
                            scene.count("opened");
                            drip(scene, socket, 1_000);
                        } catch (IOException e) {
                            scene.count("cut: " + LatencyProbe.describe(e));
                            scene.pause(500);
                        }
                    }
                });
    }

    private static void drip(AttackContext scene, Socket socket, long everyMillis)
            throws IOException {
        OutputStream out = socket.getOutputStream();
        while (!scene.isOver()) {
            out.write('a');
            scene.pause(everyMillis);
        }
    }

    /// Its honest clients speak TLS as well.
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
        public void run(AttackContext scene) {
            trickle(scene, SLOW_HANDSHAKES, CLIENT_HELLO);
        }
    }
}
