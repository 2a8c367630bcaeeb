package io.lockstep.redis.log;

import io.lockstep.redis.Script;
import io.lockstep.wire.Bytes;

/// The Redis keys of one group, all under one hash tag. Without the deployment key their names
/// reveal nothing about the group.
@SuppressWarnings("ArrayRecordComponent") // never compared; Lettuce takes keys as arrays
record GroupRedisKeys(
        String name,
        byte[] meta,
        byte[] log,
        byte[] roster,
        byte[] owners,
        byte[] info,
        byte[] welcomes,
        byte[] proposals,
        byte[] former,
        byte[] merging,
        byte[] sizes,
        byte[] uploads,
        byte[] kept,
        byte[] keptBytes,
        byte[] undo,
        byte[] troubles,
        byte[] channel) {
    private static final String PREFIX = "ls:{";
    private static final String CHANNEL = "}:tail";

    static GroupRedisKeys named(String name) {
        var stem = PREFIX + name + "}:";
        return new GroupRedisKeys(
                name,
                Script.ascii(stem + "meta"),
                Script.ascii(stem + "log"),
                Script.ascii(stem + "roster"),
                Script.ascii(stem + "owners"),
                Script.ascii(stem + "info"),
                Script.ascii(stem + "welcomes"),
                Script.ascii(stem + "proposals"),
                Script.ascii(stem + "former"),
                Script.ascii(stem + "merging"),
                Script.ascii(stem + "sizes"),
                Script.ascii(stem + "uploads"),
                Script.ascii(stem + "kept"),
                Script.ascii(stem + "kept-bytes"),
                Script.ascii(stem + "undo"),
                Script.ascii(stem + "troubles"),
                Script.ascii(PREFIX + name + CHANNEL));
    }

    /// Whether this is the channel of a group.
    static boolean isChannel(String name) {
        return name.startsWith(PREFIX) && name.endsWith(CHANNEL);
    }

    /// The keys of the script that deletes a group, in the order of `delete.lua`.
    byte[][] ofDeletion() {
        return new byte[][] {
            meta, log, roster, owners, info, welcomes, proposals, former, merging, sizes, undo,
            troubles
        };
    }

    /// The key of a blob of the group.
    byte[] blob(Bytes sha256) {
        return Script.ascii(PREFIX + name + "}:blob:" + sha256.hex());
    }

    /// The key of a long roster change that is not part of the group yet.
    byte[] staged(Bytes change) {
        return Script.ascii(PREFIX + name + "}:staged:" + change.hex());
    }

    /// The key of the resend keys of one epoch, for messages accepted in one period; see
    /// [ResendPeriods].
    byte[] seen(long epoch, long period) {
        return Script.ascii(
                PREFIX + name + "}:seen:" + Long.toUnsignedString(epoch) + ":" + period);
    }
}
