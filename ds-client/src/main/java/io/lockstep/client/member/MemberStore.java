package io.lockstep.client.member;

import io.lockstep.wire.Bytes;
import java.util.Optional;

/// Stores a device's state between runs: keys, groups, positions in their logs. The bytes are
/// secret. Called on the engine thread.
///
/// ```java
/// final class FileStore implements MemberStore {
///     @Override
///     public Optional<Bytes> load() { return readIfPresent(file); }
///
///     @Override
///     public void save(Bytes state) { writeBesideSyncAndRename(file, state); }
/// }
/// ```
public interface MemberStore {
    /// Keeps nothing: the device ends with its process.
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

    /// Returns the last saved state; empty for a new device.
    Optional<Bytes> load();

    /// Saves the state. It must be durable when this returns: the device then sends messages that
    /// depend on it.
    void save(Bytes state);

    /// Whether saved state outlives the process. If not, the device does not serialize it.
    default boolean keeps() {
        return true;
    }
}
