package io.lockstep.bench.traffic;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/// Makes well-formed PrivateMessages with random ciphertext, which a Delivery Service cannot tell
/// from real ones (RFC 9420 §6.3). Stateless.
public final class SyntheticMls {
    private static final int APPLICATION = 1;
    private static final int COMMIT = 3;
    private static final int SENDER_DATA_BYTES = 28;
    public static final int COMMIT_BYTES = 400;

    /// An AEAD tag and some bytes.
    private static final int CIPHERTEXT_BYTES_MIN = 20;

    private SyntheticMls() {}

    /// @param bytes length of the whole message; if it is too short for a header, the shortest
    ///     possible message
    public static Bytes application(GroupId group, long epoch, Stamp stamp, int bytes) {
        return privateMessage(group, epoch, APPLICATION, stamp, bytes);
    }

    public static Bytes commit(GroupId group, long epoch, Stamp stamp) {
        return commit(group, epoch, stamp, COMMIT_BYTES);
    }

    /// @param bytes of the whole message
    public static Bytes commit(GroupId group, long epoch, Stamp stamp, int bytes) {
        return privateMessage(group, epoch, COMMIT, stamp, bytes);
    }

    private static Bytes privateMessage(
            GroupId group, long epoch, int contentType, Stamp stamp, int bytes) {
        int groupBytes = group.bytes().size();
        int header =
                4
                        + lengthSize(groupBytes)
                        + groupBytes
                        + 9
                        + 1
                        + Stamp.BYTES
                        + 1
                        + SENDER_DATA_BYTES;
        int rest = Math.max(bytes - header, CIPHERTEXT_BYTES_MIN + 1);
        int ciphertext = rest - lengthSize(rest);
        var out = ByteBuffer.allocate(header + lengthSize(ciphertext) + ciphertext);
        var random = new SplittableRandom(stamp.number() * 31 + group.hashCode());
        out.putInt(0x0001_0002);
        vector(out, group.bytes().toArray());
        out.putLong(epoch).put((byte) contentType);
        vector(out, stamp.encode().toArray());
        vector(out, random(random, SENDER_DATA_BYTES));
        vector(out, random(random, ciphertext));
        return Bytes.wrap(out.array());
    }

    private static byte[] random(SplittableRandom random, int bytes) {
        var result = new byte[bytes];
        random.nextBytes(result);
        return result;
    }

    private static int lengthSize(int length) {
        return length < 1 << 6 ? 1 : length < 1 << 14 ? 2 : 4;
    }

    /// RFC 9420 §2.1.2.
    private static void vector(ByteBuffer out, byte[] bytes) {
        switch (lengthSize(bytes.length)) {
            case 1 -> out.put((byte) bytes.length);
            case 2 -> out.putShort((short) (0x4000 | bytes.length));
            default -> out.putInt(0x8000_0000 | bytes.length);
        }
        out.put(bytes);
    }
}
