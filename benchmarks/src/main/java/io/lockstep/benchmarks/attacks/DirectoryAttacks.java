package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.attacks.AttackCatalog.Prepared;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// Attacks by authenticated clients that publish and claim KeyPackages.
final class DirectoryAttacks {
    private static final int FULL_UPLOADS = 34;
    private static final int FULL_PACKAGES = 30;
    private static final int FULL_PADDING = 30_000;
    private static final int MISMATCHES = 5;

    /// The pause in which other clients are measured.
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
                        "5 claims with capabilities that no KeyPackage has, among the maximum of"
                                + " KeyPackages of 30 kB",
                        context -> fill(context, packages),
                        DirectoryAttacks::mismatch),
                new Prepared(
                        "publish-full",
                        "ten publishes of one KeyPackage by a client with the maximum of"
                                + " KeyPackages of 30 kB",
                        context -> fill(context, packages),
                        context -> publishOverFull(context, packages)),
                p521(packages),
                new Prepared(
                        "claim-drain",
                        "200 claims of a victim at once, then one each half second; a friend also"
                                + " claims",
                        context -> victim(context, packages),
                        DirectoryAttacks::drain),
                new Prepared(
                        "names",
                        "10,000 names in one claim; one of them exists and allows no claims",
                        context -> hidden(context, packages),
                        DirectoryAttacks::names));
    }

    private static void fill(AttackContext context, KeyPackageGenerator packages)
            throws IOException {
        for (int i = 0; i < FULL_UPLOADS; i++) {
            var answer =
                    upload(
                            context,
                            "full/phone",
                            packages.body(FULL_PACKAGES, "full", FULL_PADDING));
            if (answer >= 300) {
                System.out.println("  the full directory: status " + answer + " at upload " + i);
            }
        }
    }

    private static int upload(AttackContext context, String client, byte[] body)
            throws IOException {
        return context.call(client, "POST", "/v1/key-packages", "message/mls", body, 60_000)
                .status();
    }

    private static void mismatch(AttackContext context) throws IOException {
        var body = json("{\"suites\":[1],\"capabilities\":{\"proposals\":[61234]}}");
        long longest = 0;
        for (int i = 0; i < MISMATCHES && !context.isOver(); i++) {
            long begun = System.nanoTime();
            claim(context, "stranger/phone", "full", body);
            longest = Math.max(longest, System.nanoTime() - begun);
            context.pause(PAUSE_MILLIS);
        }
        context.note("longest claim, millis", TimeUnit.NANOSECONDS.toMillis(longest));
    }

    private static void claim(AttackContext context, String client, String user, byte[] body) {
        try {
            var answer =
                    context.call(
                            client,
                            "POST",
                            "/v1/users/" + user + "/key-packages/claim",
                            "application/json",
                            body);
            var got = answer.body().contains("\"key_package\"") ? " with a KeyPackage" : "";
            context.count("claims: " + answer.status() + got);
        } catch (IOException e) {
            context.count("claims: " + LatencyProbe.describe(e));
        }
    }

    private static void publishOverFull(AttackContext context, KeyPackageGenerator packages)
            throws IOException {
        long longest = 0;
        for (int i = 0; i < 10 && !context.isOver(); i++) {
            long begun = System.nanoTime();
            context.count("publishes: " + upload(context, "full/phone", packages.next("full", 0)));
            longest = Math.max(longest, System.nanoTime() - begun);
            context.pause(PAUSE_MILLIS);
        }
        context.note("longest publish, millis", TimeUnit.NANOSECONDS.toMillis(longest));
    }

    private static Attack p521(KeyPackageGenerator packages) {
        var body = new ByteArrayOutputStream();
        return new Prepared(
                "publish-p521",
                "16 clients upload the same 1,000 KeyPackages of P-521 repeatedly; others"
                        + " publish",
                _ -> {
                    for (int i = 0; i < P521_PACKAGES; i++) {
                        body.writeBytes(packages.nextP521("curve"));
                    }
                },
                context -> verify(context, packages, body.toByteArray()));
    }

    private static void verify(AttackContext context, KeyPackageGenerator packages, byte[] body) {
        try (var other =
                new LatencyProbe(
                        "publisher",
                        500,
                        () ->
                                SlowAttacks.publish(
                                        context, "other/phone", packages.next("other", 0)))) {
            other.latencies().enter(AttackPhase.DURING);
            context.together(
                    P521_UPLOADS,
                    number ->
                            context.count("uploads: " + upload(context, "curve/d" + number, body)));
            context.note("other publishers", other.latencies().report(AttackPhase.DURING));
        }
    }

    private static void victim(AttackContext context, KeyPackageGenerator packages)
            throws IOException {
        upload(context, "victim/phone", packages.body(VICTIM_PACKAGES, "victim", 0));
    }

    private static void drain(AttackContext context) {
        var body = json("{\"suites\":[1]}");
        for (int i = 0; i < DRAINING_CLAIMS && !context.isOver(); i++) {
            claim(context, "drainer/phone", "victim", body);
        }
        try (var friend =
                        new LatencyProbe(
                                "friend", 500, () -> claimed(context, "friend/phone", body));
                var own =
                        new LatencyProbe(
                                "own", 500, () -> claimed(context, "victim/tablet", body))) {
            friend.latencies().enter(AttackPhase.DURING);
            own.latencies().enter(AttackPhase.DURING);
            while (!context.isOver()) {
                claim(context, "drainer/phone", "victim", body);
                context.pause(500);
            }
            context.note("a friend's claims", friend.latencies().report(AttackPhase.DURING));
            context.note("own device's claims", own.latencies().report(AttackPhase.DURING));
        }
    }

    private static void claimed(AttackContext context, String client, byte[] body)
            throws IOException {
        int status =
                context.call(
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

    private static void hidden(AttackContext context, KeyPackageGenerator packages)
            throws IOException {
        upload(context, "hidden/phone", packages.body(5, "hidden", 0));
        context.call(
                "hidden/phone",
                "PUT",
                "/v1/claim-policy",
                "application/json",
                json("{\"allow\":\"nobody\"}"));
    }

    private static void names(AttackContext context) throws IOException {
        var users =
                IntStream.range(0, NAMES - 1)
                        .mapToObj(i -> "\"guess" + i + "\"")
                        .collect(Collectors.joining(",", "\"hidden\",", ""));
        var answer =
                context.call(
                        "stranger/phone",
                        "POST",
                        "/v1/key-packages/claim",
                        "application/json",
                        json("{\"suites\":[1],\"users\":[" + users + "]}"));
        context.note("status", answer.status());
        var lines = answer.body().lines().toList();
        context.note("lines", lines.size());
        if (lines.size() > 1) {
            context.note("of the one that exists", code(lines.getFirst()));
            context.note("of the others", code(lines.getLast()));
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
