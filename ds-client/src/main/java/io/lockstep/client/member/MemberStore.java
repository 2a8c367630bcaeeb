package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// Where a device keeps its state between runs: keys, groups, places in their logs. The bytes are secret. Called
/// on the engine thread.
public interface MemberStore {
    /// A device that lives as long as its process.
    MemberStore NONE =
            new MemberStore() {
                @Override
                public Optional<Bytes> load() {
                    return Optional.empty();
                }

                @Override
                public void save(Bytes state) {}

                @Override
                public boolean keeps() {
                    return false;
                }
            };

    Optional<Bytes> load();

    /// Durable when it returns: what follows from this state may then be told to others.
    void save(Bytes state);

    default boolean keeps() {
        return true;
    }
}
