package io.lockstep.bench;

import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.SyntheticMls;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsEngine.Saved;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsGroup.TreeLocation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A message source with real MLS in a group of thousands of leaves, made once and kept in a file:
/// its host, which sends, and one more member, which decrypts everything.
///
/// One commit added all other leaves, so the tree above them is empty: an update by the host
/// encrypts to every leaf. No commit can be longer. The group starts on the server in the epoch
/// before its members are on the roster. Commits of random bytes put them there; from then on all
/// messages are real.
final class PreparedMlsSource implements MessageSource {
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final int SUITE = 1;
    private static final int OVERHEAD_BYTES = 180;

    /// Epochs with only the host and the reader. They leave room for the commits that fill the
    /// roster.
    private static final int EARLY_EPOCHS = 16;

    private final EngineThread engine;
    private final GroupId id;
    private final MlsGroup host;
    private final MlsGroup reader;
    private final long realFrom;
    private long epoch;
    private @Nullable StagedCommit staged;

    private PreparedMlsSource(EngineThread engine, GroupId id, MlsGroup host, MlsGroup reader) {
        this.engine = engine;
        this.id = id;
        this.host = host;
        this.reader = reader;
        realFrom = call(engine, _ -> host.epoch());
        epoch = realFrom;
    }

    /// Returns the group's name. Every message contains it, so it is the same in every run.
    static String nameOf(int leaves) {
        return "bench-mls-" + leaves + "-";
    }

    /// @param folder folder in which the group is kept
    /// @param say receives a line about each slow step
    static PreparedMlsSource open(int leaves, Path folder, Consumer<String> say) {
        var engine = BouncyCastleEngine.start("bench-mls", InstantSource.system());
        var id = GroupSetup.id(nameOf(leaves) + 0);
        var file = folder.resolve("group-of-" + leaves + ".mls");
        try {
            if (!Files.exists(file)) {
                say.accept(
                        "making a group of %,d leaves, once; it is kept in %s"
                                .formatted(leaves, file));
                long start = System.nanoTime();
                keep(file, make(engine, id, leaves));
                say.accept("made in %,d s".formatted((System.nanoTime() - start) / 1_000_000_000));
            }
            long start = System.nanoTime();
            var bytes = Bytes.wrap(Files.readAllBytes(file));
            var saved = call(engine, mls -> mls.restore(bytes));
            say.accept(
                    "restored a group of %,d leaves (%,d bytes) in %,d ms"
                            .formatted(
                                    leaves, bytes.size(), (System.nanoTime() - start) / 1_000_000));
            return new PreparedMlsSource(engine, id, saved.groups().get(0), saved.groups().get(1));
        } catch (IOException e) {
            engine.close();
            throw new BenchException("the group cannot be kept in " + file, e);
        } catch (RuntimeException e) {
            engine.close();
            throw e;
        }
    }

    /// Writes the file atomically, because a run may be aborted.
    private static void keep(Path file, Bytes bytes) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        var part = Path.of(file + ".part");
        Files.write(part, bytes.toArray());
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Bytes make(EngineThread engine, GroupId id, int leaves) {
        return call(
                engine,
                mls -> {
                    var owner = mls.newIdentity(utf8("host"), SUITE);
                    var group = owner.createGroup(id);
                    var other = mls.newIdentity(utf8("reader"), SUITE);
                    var first = group.stage(Change.adding(List.of(other.newKeyPackage())));
                    group.merge(first);
                    var reading = other.join(first.welcome());
                    for (int i = 0; i < EARLY_EPOCHS; i++) {
                        proceed(group, reading, Change.NONE);
                    }
                    var rest =
                            IntStream.range(2, leaves)
                                    .mapToObj(i ->
                                            mls.newIdentity(utf8("member" + i), SUITE)
                                                    .newKeyPackage())
                                    .toList();
                    proceed(group, reading, Change.adding(rest));
                    return mls.save(new Saved(owner, List.of(group, reading)));
                });
    }

    private static void proceed(MlsGroup group, MlsGroup reading, Change change) {
        var made = group.stage(change, TreeLocation.LEFT_OUT);
        group.merge(made);
        reading.process(made.commit());
    }

    private static <T> T call(EngineThread engine, Function<MlsEngine, T> task) {
        return Sender.await(engine.call(task).toFuture(), PATIENCE);
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public long firstEpoch(int founding) {
        if (founding > realFrom) {
            throw new BenchException("the group has too few epochs for its roster");
        }
        epoch = realFrom - founding;
        return epoch;
    }

    @Override
    public Bytes commit(int bytes) {
        if (epoch < realFrom) {
            return SyntheticMls.commit(id, epoch, new Stamp(-1 - epoch, 0), bytes);
        }
        return call(
                engine,
                _ -> {
                    var made = host.stage(Change.NONE, TreeLocation.LEFT_OUT);
                    staged = made;
                    return made.commit();
                });
    }

    @Override
    public void committed() {
        if (epoch++ >= realFrom) {
            call(
                    engine,
                    _ -> {
                        var accepted = staged;
                        if (accepted == null) {
                            throw new IllegalStateException("nothing was committed");
                        }
                        host.merge(accepted);
                        return reader.process(accepted.commit());
                    });
        }
    }

    @Override
    public Bytes application(Stamp stamp, int bytes) {
        var plaintext = Bytes.wrap(new byte[Math.max(1, bytes - OVERHEAD_BYTES)]);
        return call(engine, _ -> host.encrypt(plaintext, stamp.encode()));
    }

    @Override
    public boolean isReadable(Bytes message) {
        return call(engine, _ -> reader.process(message) instanceof Processed.Application);
    }

    @Override
    public void close() {
        engine.close();
    }
}
