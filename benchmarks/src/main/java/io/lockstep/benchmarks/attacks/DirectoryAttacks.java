package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.attacks.AttackCatalog.Prepared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What authenticated clients can do by publishing and claiming KeyPackages.
final class DirectoryAttacks {
    private static final int FULL_UPLOADS = 34;
    private static final int FULL_PACKAGES = 30;
    private static final int FULL_PADDING = 30_000;
    private static final int MISMATCHES = 5;

    /// So that others are measured meanwhile.
    private static final long PAUSE_MILLIS = 500;

    private static final int P521_PACKAGES = 1_000;
    private static final int P521_UPLOADS = 16;
    private static final int VICTIM_PACKAGES = 400;
    private static final int DRAINING_CLAIMS = 200;
    private static final int NAMES = 10_000;

    private DirectoryAttacks() {}

    static List<Attack> all() {
        var packages = new KeyPackageGenerator();
        return List.of(
                new Prepared(
                        "claim-mismatch",
                        "5 claims with capabilities nobody has, over as many KeyPackages of 30 kB"
                                + " as a client may have",
                        scene -> fill(scene, packages),
                        DirectoryAttacks::mismatch),
                new Prepared(
                        "publish-full",
                        "ten publishes of one KeyPackage by a client that has as many of 30 kB as"
                                + " it may",
                        scene -> fill(scene, packages),
                        scene -> publishOverFull(scene, packages)),
                p521(packages),
                new Prepared(
                        "claim-drain",
                        "200 claims of a victim at once, then one each half second; a friend claims"
                                + " too",
                        scene -> victim(scene, packages),
                        DirectoryAttacks::drain),
                new Prepared(
                        "names",
                        "10,000 names in one claim, of a server where one of them says nobody may",
                        scene -> hidden(scene, packages),
                        DirectoryAttacks::names));
    }

    private static void fill(AttackContext scene, KeyPackageGenerator packages) throws IOException {
        for (int i = 0; i < FULL_UPLOADS; i++) {
            var answer =
                    upload(scene, "full/phone", packages.body(FULL_PACKAGES, "full", FULL_PADDING));
            if (answer >= 300) {
                System.out.println("  the full directory: status " + answer + " at upload " + i);
            }
        }
    }

    private static int upload(AttackContext scene, String client, byte[] body) throws IOException {
        return scene.call(client, "POST", "/v1/key-packages", "message/mls", body, 60_000).status();
    }

    private static void mismatch(AttackContext scene) throws IOException {
        var body = json("{\"suites\":[1],\"capabilities\":{\"proposals\":[61234]}}");
        long longest = 0;
        for (int i = 0; i < MISMATCHES && !scene.isOver(); i++) {
            long begun = System.nanoTime();
            claim(scene, "stranger/phone", "full", body);
            longest = Math.max(longest, System.nanoTime() - begun);
            scene.pause(PAUSE_MILLIS);
        }
        scene.note("longest claim, millis", TimeUnit.NANOSECONDS.toMillis(longest));
    }

    private static void claim(AttackContext scene, String client, String user, byte[] body) {
        try {
            var answer =
                    scene.call(
                            client,
                            "POST",
                            "/v1/users/" + user + "/key-packages/claim",
                            "application/json",
                            body);
            var got = answer.body().contains("\"key_package\"") ? " with a KeyPackage" : "";
            scene.count("claims: " + answer.status() + got);
        } catch (IOException e) {
            scene.count("claims: " + LatencyProbe.describe(e));
        }
    }

    private static void publishOverFull(AttackContext scene, KeyPackageGenerator packages)
            throws IOException {
        long longest = 0;
        for (int i = 0; i < 10 && !scene.isOver(); i++) {
            long begun = System.nanoTime();
            scene.count("publishes: " + upload(scene, "full/phone", packages.next("full", 0)));
            longest = Math.max(longest, System.nanoTime() - begun);
            scene.pause(PAUSE_MILLIS);
        }
        scene.note("longest publish, millis", TimeUnit.NANOSECONDS.toMillis(longest));
    }

    private static Attack p521(KeyPackageGenerator packages) {
        var body = new ByteArrayOutputStream();
        return new Prepared(
                "publish-p521",
                "16 uploads of 1,000 KeyPackages of P-521 each, the same again and again; others"
                        + " publish",
                _ -> {
                    for (int i = 0; i < P521_PACKAGES; i++) {
                        body.writeBytes(packages.nextP521("curve"));
                    }
                },
                scene -> verify(scene, packages, body.toByteArray()));
    }

    private static void verify(AttackContext scene, KeyPackageGenerator packages, byte[] body) {
        try (var other =
                new LatencyProbe(
                        "publisher",
                        500,
                        () ->
                                SlowAttacks.publish(
                                        scene, "other/phone", packages.next("other", 0)))) {
            other.latencies().enter(AttackPhase.DURING);
            scene.together(
                    P521_UPLOADS,
                    number -> scene.count("uploads: " + upload(scene, "curve/d" + number, body)));
            scene.note("other publishers", other.latencies().report(AttackPhase.DURING));
        }
    }

    private static void victim(AttackContext scene, KeyPackageGenerator packages)
            throws IOException {
        upload(scene, "victim/phone", packages.body(VICTIM_PACKAGES, "victim", 0));
    }

    private static void drain(AttackContext scene) {
        var body = json("{\"suites\":[1]}");
        for (int i = 0; i < DRAINING_CLAIMS && !scene.isOver(); i++) {
            claim(scene, "drainer/phone", "victim", body);
        }
        try (var friend =
                        new LatencyProbe(
                                "friend", 500, () -> claimed(scene, "friend/phone", body));
                var own =
                        new LatencyProbe("own", 500, () -> claimed(scene, "victim/tablet", body))) {
            friend.latencies().enter(AttackPhase.DURING);
            own.latencies().enter(AttackPhase.DURING);
            while (!scene.isOver()) {
                claim(scene, "drainer/phone", "victim", body);
                scene.pause(500);
            }
            scene.note("a friend's claims", friend.latencies().report(AttackPhase.DURING));
            scene.note("own device's claims", own.latencies().report(AttackPhase.DURING));
        }
    }

    private static void claimed(AttackContext scene, String client, byte[] body)
            throws IOException {
        int status =
                scene.call(
                                client,
                                "POST",
                                "/v1/users/victim/key-packages/claim",
                                "application/json",
                                body)
                        .status();
        if (status != 200) {
            throw new LatencyProbe.ProbeFailedException("status " + status);
        }
    }

    private static void hidden(AttackContext scene, KeyPackageGenerator packages)
            throws IOException {
        upload(scene, "hidden/phone", packages.body(5, "hidden", 0));
        scene.call(
                "hidden/phone",
                "PUT",
                "/v1/claim-policy",
                "application/json",
                json("{\"allow\":\"nobody\"}"));
    }

    private static void names(AttackContext scene) throws IOException {
        var users =
                IntStream.range(0, NAMES - 1)
                        .mapToObj(i -> "\"guess" + i + "\"")
                        .collect(Collectors.joining(",", "\"hidden\",", ""));
        var answer =
                scene.call(
                        "stranger/phone",
                        "POST",
                        "/v1/key-packages/claim",
                        "application/json",
                        json("{\"suites\":[1],\"users\":[" + users + "]}"));
        scene.note("status", answer.status());
        var lines = answer.body().lines().toList();
        scene.note("lines", lines.size());
        if (lines.size() > 1) {
            scene.note("of the one that exists", code(lines.getFirst()));
            scene.note("of the others", code(lines.getLast()));
        }
    }

    private static String code(String line) {
        int at = line.indexOf("\"code\":\"");
        return at < 0 ? line : line.substring(at + 8, line.indexOf('"', at + 8));
    }

    private static byte[] json(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
