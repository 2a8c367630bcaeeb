package io.lockstep.bench;

import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.SyntheticMls;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;

/// Makes the messages of one group. Confined to one thread.
interface MessageSource extends AutoCloseable {
    /// The epoch that the group is in when it is created on the server.
    ///
    /// @param founding commits until everybody is on the roster
    default long firstEpoch(int founding) {
        return 0;
    }

    /// A commit that ends the present epoch; [#committed] once it was accepted.
    ///
    /// @param bytes about how long it is, where that can be chosen
    Bytes commit(int bytes);

    default Bytes commit() {
        return commit(SyntheticMls.COMMIT_BYTES);
    }

    void committed();

    /// @param bytes about how long the whole message is
    Bytes application(Stamp stamp, int bytes);

    /// Whether everything sent could be decrypted by another member, where there are keys.
    boolean isReadable(Bytes message);

    @Override
    void close();

    /// Without keys: a header and random bytes.
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
