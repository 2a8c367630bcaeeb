package io.lockstep.client.bouncycastle.isolated;

import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import java.time.InstantSource;

/// The [MlsEngine] on Bouncy Castle. Only one thread may ever use the classes of one class loader.
public final class BcEngine implements MlsEngine {
    private final InstantSource clock;

    public BcEngine(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public MlsIdentity newIdentity(Bytes identity, int suite) {
        return BcCodec.calling(() -> new BcIdentity(identity, suite, clock));
    }

    @Override
    public Bytes save(Saved saved) {
        return BcCodec.calling(() -> BcSnapshot.write(saved));
    }

    @Override
    public Saved restore(Bytes bytes) {
        var saved = BcCodec.calling(() -> BcSnapshot.read(bytes));
        if (saved.identity() instanceof BcIdentity identity) {
            identity.restored(clock);
        }
        return saved;
    }
}
