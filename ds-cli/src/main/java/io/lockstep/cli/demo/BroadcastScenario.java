package io.lockstep.cli.demo;

import static io.lockstep.cli.demo.Participant.PATIENCE;

import io.lockstep.cli.program.Count;
import io.lockstep.client.Acceptance;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The second act of the demo: a group with two real MLS members, a host and a co-host, and many
/// plain receivers that are on the roster without a leaf. The co-host decrypts the messages that
/// the receivers only transport.
final class BroadcastScenario implements AutoCloseable {
    private static final int SUITE = 1;
    private static final int CONNECTING_AT_ONCE = 64;
    private static final int FURTHER_MESSAGES = 20;
    private static final int ROSTER_ADDS_AT_ONCE = 500;
    private static final Duration CROWD_PATIENCE = Duration.ofSeconds(60);

    private final DemoOutput screen;
    private final EngineThread engine;
    private final GroupId group;
    private final LockstepClient owner;
    private final String ownerName;
    private final BroadcastTally crowd;
    private final List<PlainReceiver> receivers;
    private final Histogram latency = new Histogram(Duration.ofMinutes(5).toNanos(), 3);
    private int commits;

    BroadcastScenario(
            DemoOutput screen,
            int size,
            String run,
            ClientNetwork network,
            ClientConfig config,
            EngineThread engine) {
        this.screen = screen;
        this.engine = engine;
        group = new GroupId(Bytes.wrap(("town-hall" + run).getBytes(StandardCharsets.UTF_8)));
        ownerName = "olivia" + run + "/desk";
        owner = LockstepClient.create(network, config.withToken(() -> "dev:" + ownerName));
        var _ = owner.events().subscribe();
        crowd = new BroadcastTally(size);
        receivers =
                IntStream.rangeClosed(1, size)
                        .mapToObj(i ->
                                new PlainReceiver(
                                        "recv%04d".formatted(i) + run + "/d",
                                        network,
                                        config,
                                        crowd))
                        .toList();
    }

    void tell() {
        screen.scene("One message reaches " + Count.of(receivers.size(), "receiver"));
        Participant.wait("connect", owner.connect());
        var mls = Participant.wait("engine", engine.call(this::found));
        Participant.wait(
                "create",
                owner.createGroup(group, 0, GroupPolicy.getDefaultInstance(), Bytes.EMPTY));
        long start = System.nanoTime();
        all("connecting receivers", PlainReceiver::connect);
        addEverybody(mls);
        all("attaching receivers", r -> r.attach(group));
        screen.say(
                "%s connected, added to the roster by %s, attached in %.1f s",
                Count.of(receivers.size(), "WebSocket"),
                Count.of(commits, "commit"),
                (System.nanoTime() - start) / 1e9);
        screen.columns(
                "%8s  %5s  %-14s %-28s %9s  %8s  %8s  %8s",
                "position", "epoch", "sender", "message", "reached", "p50 ms", "p99 ms", "last ms");
        show(mls, "The first message", 1);
        show(mls, FURTHER_MESSAGES + " more, one by one", FURTHER_MESSAGES);
    }

    /// Creates the host's group. The co-host joins it with the first commit.
    private Hosts found(MlsEngine mls) {
        var host = mls.newIdentity(utf8(ownerName), SUITE);
        var coHost = mls.newIdentity(utf8("co-host"), SUITE);
        return new Hosts(host.createGroup(group), coHost);
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private void all(String what, Function<PlainReceiver, Mono<?>> step) {
        try (var progress = screen.progress(what, receivers.size())) {
            Flux.fromIterable(receivers)
                    .flatMap(step::apply, CONNECTING_AT_ONCE)
                    .doOnNext(_ -> progress.step())
                    .then()
                    .block(CROWD_PATIENCE);
        } catch (RuntimeException e) {
            throw new ScenarioException(what + ": " + e.getMessage() + " " + crowd.faults(), e);
        }
    }

    private void addEverybody(Hosts hosts) {
        long position = 0;
        for (int from = 0; from < receivers.size(); from += ROSTER_ADDS_AT_ONCE) {
            var names =
                    receivers
                            .subList(from, Math.min(from + ROSTER_ADDS_AT_ONCE, receivers.size()))
                            .stream()
                            .map(PlainReceiver::name)
                            .toList();
            var staged = Participant.wait("commit", engine.call(_ -> hosts.stage()));
            var bundle =
                    new CommitBundle(
                            group,
                            staged.commit(),
                            Bytes.EMPTY,
                            Bytes.EMPTY,
                            names,
                            List.of(),
                            position);
            crowd.committing(staged.commit().sha256());
            position = Participant.wait("commit", owner.commit(bundle)).position();
            Participant.wait("merge", engine.call(_ -> hosts.merge(staged)));
            commits++;
        }
    }

    private void show(Hosts hosts, String label, int times) {
        var together = new Histogram(Duration.ofMinutes(5).toNanos(), 3);
        Acceptance last = null;
        for (int i = 0; i < times; i++) {
            var text = utf8(label + " " + i);
            var message = Participant.wait("encrypt", engine.call(_ -> hosts.encrypt(text)));
            var sha256 = message.sha256();
            crowd.sending(sha256);
            last = Participant.wait("send", owner.send(group, message));
            together.add(crowd.awaitAll(sha256, PATIENCE));
            if (!Participant.wait("decrypt", engine.call(_ -> hosts.coHostReads(message)))
                    .equals(text)) {
                throw new ScenarioException("the co-host decrypted another text");
            }
        }
        latency.add(together);
        if (last != null) {
            screen.say(
                    "%8d  %5d  %-14s %-28s %,9d  %8.2f  %8.2f  %8.2f",
                    last.position(),
                    last.epoch(),
                    ownerName,
                    label,
                    together.getTotalCount() / times,
                    together.getValueAtPercentile(50) / 1e6,
                    together.getValueAtPercentile(99) / 1e6,
                    together.getMaxValue() / 1e6);
        }
    }

    /// The two real members. Confined to the engine thread.
    private static final class Hosts {
        private final MlsGroup host;
        private final MlsIdentity coHostIdentity;
        private @Nullable MlsGroup coHost;

        Hosts(MlsGroup host, MlsIdentity coHostIdentity) {
            this.host = host;
            this.coHostIdentity = coHostIdentity;
        }

        StagedCommit stage() {
            return host.stage(
                    coHost == null
                            ? Change.adding(List.of(coHostIdentity.newKeyPackage()))
                            : Change.NONE);
        }

        boolean merge(StagedCommit accepted) {
            host.merge(accepted);
            if (coHost == null) {
                coHost = coHostIdentity.join(accepted.welcome());
            } else {
                coHost.process(accepted.commit());
            }
            return coHost.epochAuthenticator().equals(host.epochAuthenticator());
        }

        Bytes encrypt(Bytes text) {
            return host.encrypt(text, Bytes.EMPTY);
        }

        Bytes coHostReads(Bytes message) {
            return coHost != null
                            && coHost.process(message) instanceof Processed.Application application
                    ? application.plaintext()
                    : Bytes.EMPTY;
        }
    }

    BroadcastTally crowd() {
        return crowd;
    }

    Histogram latency() {
        return latency;
    }

    int messages() {
        return 1 + FURTHER_MESSAGES;
    }

    int commits() {
        return commits;
    }

    @Override
    public void close() {
        receivers.forEach(PlainReceiver::close);
        owner.close();
    }
}
