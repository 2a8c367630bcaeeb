package io.lockstep.bench;

import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.cli.program.Count;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Reference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The command `bench reference`: one commit that is too long for a frame.
@Command(
        name = "reference",
        description = {
            "Sends a commit that is too long for a frame to one group with many receivers.",
            "The sender uploads it, all receivers get a reference, and some of them fetch the"
                    + " commit and check its bytes."
        },
        mixinStandardHelpOptions = true)
final class ReferenceMode extends LoadMode {
    private static final String KIND = "commit";

    @Option(names = "--receivers", defaultValue = "1000", description = "default: 1000")
    private int receivers = 1000;

    @Option(
            names = "--commit-bytes",
            defaultValue = "4000000",
            description = "length of a synthetic commit; a real one has its own (default: 4000000)")
    private int commitBytes = 4_000_000;

    @Option(
            names = "--fetchers",
            defaultValue = "100",
            description = {
                "receivers that fetch the blob, all at once, after the sender has its answer",
                "(default: 100)"
            })
    private int fetchers = 100;

    @Mixin private EngineOptions engine = new EngineOptions();

    private @Nullable Sender sender;
    private @Nullable MessageSource source;
    private @Nullable BlobTraffic blobs;
    private long position;

    @Override
    String title() {
        return "By reference: 1 commit, %s, fetched by %,d of them"
                .formatted(Count.of(receivers, "receiver"), fetchers);
    }

    @Override
    void setUp() {
        var owner = openSenders(1).getFirst();
        var prefix = engine.groupPrefix("reference-" + run + "-");
        var made = engine.source(prefix + 0, screen::say);
        sender = owner;
        source = made;
        position = GroupSetup.found(owner, prefix + 0, made, memberNames(0, receivers));
        blobs = new BlobTraffic(servers(), GroupSetup.id(prefix + 0), options.believesAll());
        openFleet(
                receivers,
                List.of(new WorkerRequest.GroupAssignment(0, receivers, prefix, receivers, KIND)),
                0);
    }

    @Override
    Map<String, Double> round(int number, boolean counts) {
        var from = sender;
        var made = source;
        var http = blobs;
        if (from == null || made == null || http == null) {
            throw new IllegalStateException("not set up");
        }
        long making = System.nanoTime();
        var commit = made.commit(commitBytes);
        double makingMillis = millis(System.nanoTime() - making);
        long loopback = RunEnvironment.loopbackBytes();
        var probe = MetricsDelta.start(servers());
        long start = System.nanoTime();
        fleet().begin(start);
        http.upload(from.name(), commit);
        long uploaded = System.nanoTime();
        var outcome = GroupSetup.require(Sender.await(submit(from, commit, http), PATIENCE));
        long accepted = outcome.nanos();
        position = outcome.answer().getAccepted().getPosition();
        var fetches = http.fetch(commit, receiverName(), receivers, fetchers);
        fleet().await(_ -> 1, PATIENCE);
        var fetched = fetches.await(PATIENCE);
        long loopbackAfter = RunEnvironment.loopbackBytes();
        made.committed();
        var seen = fleet().report();
        var fields = new LinkedHashMap<String, Double>();
        fields.put("commitBytes", (double) commit.size());
        fields.put("made", makingMillis);
        fields.put("uploaded", millis(uploaded - start));
        fields.put("accepted", millis(accepted - uploaded));
        fields.put("deliveries", (double) seen.deliveries);
        delivered(fields, seen, uploaded);
        fields.put("fetchers", (double) fetchers);
        latency(fields, "fetched", fetched.latencyFrom(uploaded));
        fields.put("blobBytes", (double) fetched.bytes());
        fields.put("loopbackBytes", (double) (loopbackAfter - loopback));
        fields.put("inlineBytes", (double) commit.size() * receivers);
        // Nothing was sent inline: inline bytes are wrong.
        faults(fields, seen, Math.max(0, receivers - seen.deliveries), Map.of());
        fields.merge(
                "otherBytes",
                (double) seen.otherReferences(Map.of(commit.sha256().hex(), (long) commit.size())),
                Double::sum);
        fields.merge("otherBytes", (double) fetched.otherBytes(), Double::sum);
        fields.merge("faults", (double) fetched.failed().size(), Double::sum);
        fetched.failed().stream().limit(5).forEach(this::remark);
        probe.addTo(fields, seen.deliveries);
        return fields;
    }

    private CompletableFuture<Sender.SubmitResult> submit(
            Sender from, Bytes commit, BlobTraffic http) {
        return from.submit(
                ClientFrame.newBuilder()
                        .setCommit(
                                Commit.newBuilder()
                                        .setGroupId(http.group().bytes().asByteString())
                                        .setMessageReference(
                                                Reference.newBuilder()
                                                        .setSha256(commit.sha256().asByteString())
                                                        .setSize(commit.size()))
                                        .setKnownPosition(position)));
    }

    /// Measured from the moment at which the commit was submitted.
    private void delivered(Map<String, Double> fields, RoundResult seen, long submitted) {
        for (var message : seen.messages()) {
            if (message.referencedBytes > 0) {
                fields.put("delivered.first", millis(message.firstNanos - submitted));
                fields.put("delivered.last", millis(message.lastNanos - submitted));
            }
        }
    }

    @Override
    void close() {
        if (blobs != null) {
            blobs.close();
        }
        if (source != null) {
            source.close();
        }
    }
}
