package io.lockstep.bench;

import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.SyntheticMls;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// A source of messages of one group. Confined to one thread.
interface MessageSource extends AutoCloseable {
    /// Returns the epoch of the group at its creation on the server.
    ///
    /// @param founding number of commits until all members are on the roster
    default long firstEpoch(int founding) {
        return 0;
    }

    /// Makes a commit that ends the current epoch; call [#committed] after it was accepted.
    ///
    /// @param bytes approximate length of the commit, if the source can choose it
    Bytes commit(int bytes);

    default Bytes commit() {
        return commit(SyntheticMls.COMMIT_BYTES);
    }

    void committed();

    /// @param bytes approximate length of the whole message
    Bytes application(Stamp stamp, int bytes);

    /// Whether another member could decrypt all messages, if there are keys.
    boolean isReadable(Bytes message);

    @Override
    void close();

    /// Returns a source without keys: real headers and random bytes.
    static MessageSource synthetic(GroupId group) {
        return new Synthetic(group);
    }

    /// See [#synthetic].
    final class Synthetic implements MessageSource {
        private final GroupId group;
        private long epoch;

        private Synthetic(GroupId group) {
            this.group = group;
        }

        @Override
        public Bytes commit(int bytes) {
            return SyntheticMls.commit(group, epoch, new Stamp(-1 - epoch, 0), bytes);
        }

        @Override
        public void committed() {
            epoch++;
        }

        @Override
        public Bytes application(Stamp stamp, int bytes) {
            return SyntheticMls.application(group, epoch, stamp, bytes);
        }

        @Override
        public boolean isReadable(Bytes message) {
            return true;
        }

        @Override
        public void close() {}
    }
}
