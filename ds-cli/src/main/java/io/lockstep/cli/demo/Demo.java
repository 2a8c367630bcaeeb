package io.lockstep.cli.demo;

import io.lockstep.cli.program.Count;
import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.HdrHistogram.Histogram;

/// Runs the whole demo, from starting a server to the summary.
final class Demo {
    private static final int LOOPS = 2;

    private final DemoOutput screen;
    private final int members;
    private final int rounds;
    private final long seed;

    Demo(DemoOutput screen, int members, int rounds, long seed) {
        this.screen = screen;
        this.members = members;
        this.rounds = rounds;
        this.seed = seed;
    }

    /// Runs the demo on a server that it starts.
    ///
    /// @return whether all checks held
    boolean tell() {
        screen.title("Lockstep demo: real MLS clients, real WebSockets, one server");
        long start = System.nanoTime();
        screen.fact("server", "starting");
        try (var server = DevServerProcess.start()) {
            screen.fact(
                    "",
                    "%s  (process %d, ready in %.1f s)",
                    server.webSocket(),
                    server.pid(),
                    (System.nanoTime() - start) / 1e9);
            try {
                return tell(server.webSocket(), server.http(), "", Optional.empty());
            } catch (ScenarioException e) {
                if (!DevServerProcess.interrupted()) {
                    screen.bad("FAILED  " + e.getMessage());
                    screen.raw("The last lines of the server's log:");
                    screen.raw(server.log());
                }
                return false;
            }
        } catch (ScenarioException e) {
            if (!DevServerProcess.interrupted()) {
                screen.bad("FAILED  " + e.getMessage());
            }
            return false;
        } catch (IllegalStateException e) {
            // Ignore it: the shutdown hook closes the server at the same time.
            if (!DevServerProcess.interrupted()) {
                throw e;
            }
            return false;
        }
    }

    /// Runs the demo on a running server.
    ///
    /// @param run makes names unique on a server that has run the demo before
    /// @param ca authorities to trust; empty: those of the Java platform
    boolean tell(URI webSocket, URI http, String run, Optional<Path> ca) {
        long start = System.nanoTime();
        screen.fact("seed", "%d", seed);
        var random = new Random(seed);
        var config = ClientConfig.of(webSocket, http, () -> "", Backoff.ofDefaults(random));
        try (var network = ClientNetwork.start(LOOPS, ca);
                var one = BouncyCastleEngine.start("mls-1", InstantSource.system());
                var two = BouncyCastleEngine.start("mls-2", InstantSource.system())) {
            var ledger = new DeliveryRecord();
            try (var small =
                            new SmallGroupScenario(
                                    screen,
                                    ledger,
                                    random,
                                    run,
                                    network,
                                    config,
                                    List.of(one, two));
                    var crowd = new BroadcastScenario(screen, members, run, network, config, one)) {
                small.tell(rounds);
                if (members > 0) {
                    crowd.tell();
                }
                return summarize(small, crowd, ledger.totals(), (System.nanoTime() - start) / 1e9);
            }
        }
    }

    private boolean summarize(
            SmallGroupScenario small,
            BroadcastScenario story,
            DeliveryRecord.Totals totals,
            double seconds) {
        var crowd = story.crowd();
        int lost = totals.lost() + crowd.lost();
        int duplicated = totals.duplicated() + crowd.duplicates();
        screen.title("Summary");
        screen.fact(
                "messages",
                "%,d sent, %,d delivered",
                totals.messages() + story.messages(),
                totals.decrypted() + crowd.deliveries());
        screen.fact(
                "commits",
                "%d accepted, %d refused, %d of these rebased and accepted",
                totals.commitsAccepted() + story.commits(),
                totals.commitsRefused(),
                totals.commitsRebased());
        screen.fact("authenticators", "%s", small.agreement());
        screen.fact("lost", "%d", lost);
        screen.fact("duplicated", "%d", duplicated);
        screen.fact("latency", "%s   send to decrypted, 4 devices", line(totals.latency()));
        if (members > 0) {
            screen.fact(
                    "",
                    "%s   send to received, %s",
                    line(story.latency()),
                    Count.of(members, "receiver"));
        }
        screen.fact("took", "%.1f s", seconds);
        totals.faults().stream().limit(10).forEach(f -> screen.fact("fault", "%s", f));
        crowd.faults().stream().limit(10).forEach(f -> screen.fact("fault", "%s", f));
        boolean holds =
                lost == 0
                        && duplicated == 0
                        && totals.commitsRefused() == totals.commitsRebased()
                        && totals.faults().isEmpty()
                        && crowd.faults().isEmpty();
        if (holds) {
            screen.good("All checks hold.");
        } else {
            screen.bad("FAILED  A check failed; seed " + seed + ".");
        }
        return holds;
    }

    private static String line(Histogram histogram) {
        return "p50 %6.2f ms   p99 %6.2f ms   last %6.2f ms"
                .formatted(
                        histogram.getValueAtPercentile(50) / 1e6,
                        histogram.getValueAtPercentile(99) / 1e6,
                        histogram.getMaxValue() / 1e6);
    }
}
