package io.lockstep.bench;

import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A message source with real MLS: a host that sends, and other members with leaves, one of which
/// decrypts everything. The receivers of the run are on the roster without a leaf and cannot
/// decrypt.
final class RealMlsSource implements MessageSource {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int SUITE = 1;

    /// Approximate overhead of encryption in bytes.
    private static final int OVERHEAD_BYTES = 180;

    private final EngineThread engine =
            BouncyCastleEngine.start("bench-mls", InstantSource.system());
    private final int leaves;
    private final List<MlsIdentity> others = new ArrayList<>();
    private final MlsGroup host;
    private @Nullable StagedCommit staged;
    private @Nullable MlsGroup reader;

    /// @param leaves number of members with keys, at least two
    RealMlsSource(GroupId group, int leaves) {
        this.leaves = leaves;
        host = call(mls -> mls.newIdentity(utf8("host"), SUITE).createGroup(group));
    }

    private <T> T call(Function<MlsEngine, T> task) {
        return Sender.await(engine.call(task).toFuture(), PATIENCE);
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /// The first commit adds all other members with a leaf.
    @Override
    public Bytes commit(int bytes) {
        return call(mls -> {
            var made = host.stage(others.isEmpty() ? addOthers(mls) : Change.NONE);
            staged = made;
            return made.commit();
        });
    }

    private Change addOthers(MlsEngine mls) {
        for (int i = 1; i < leaves; i++) {
            others.add(mls.newIdentity(utf8("member" + i), SUITE));
        }
        return Change.adding(others.stream().map(MlsIdentity::newKeyPackage).toList());
    }

    @Override
    public void committed() {
        call(_ -> {
            var accepted = staged;
            if (accepted == null) {
                throw new IllegalStateException("nothing was committed");
            }
            host.merge(accepted);
            if (reader == null) {
                reader = others.getFirst().join(accepted.welcome());
            } else {
                reader.process(accepted.commit());
            }
            return true;
        });
    }

    @Override
    public Bytes application(Stamp stamp, int bytes) {
        var plaintext = Bytes.wrap(new byte[Math.max(1, bytes - OVERHEAD_BYTES)]);
        return call(_ -> host.encrypt(plaintext, stamp.encode()));
    }

    @Override
    public boolean isReadable(Bytes message) {
        return call(
                _ -> reader != null && reader.process(message) instanceof Processed.Application);
    }

    @Override
    public void close() {
        engine.close();
    }
}
