package io.lockstep.e2e;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

/// Well-formed PrivateMessages with random ciphertext: all that a Delivery Service can tell from real ones.
final class SyntheticMls {
    private static final int APPLICATION = 1;
    private static final int COMMIT = 3;

    private SyntheticMls() {}

    /// @param marker stands at the beginning of the ciphertext, so that no two messages are equal
    static Bytes application(GroupId group, long epoch, long marker, int ciphertextBytes) {
        return privateMessage(group, epoch, APPLICATION, marker, ciphertextBytes);
    }

    static Bytes commit(GroupId group, long epoch, long marker) {
        return privateMessage(group, epoch, COMMIT, marker, 300);
    }

    static Bytes commit(GroupId group, long epoch, long marker, int ciphertextBytes) {
        return privateMessage(group, epoch, COMMIT, marker, ciphertextBytes);
    }

    /// Bytes that look random, the same for the same size.
    static Bytes random(int size) {
        var array = new byte[size];
        new Random(size).nextBytes(array);
        return Bytes.wrap(array);
    }

    /// RFC 9420 §12.4.3.1; about 120 bytes a joiner.
    static Bytes welcome(List<Bytes> refs, Bytes encryptedGroupInfo) {
        var secrets = new ByteArrayOutputStream();
        for (var ref : refs) {
            vector(secrets, ref.toArray());
            vector(secrets, new byte[32]);
            vector(secrets, new byte[52]);
        }
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 1, 0, 3, 0, 1});
        vector(out, secrets.toByteArray());
        vector(out, encryptedGroupInfo.toArray());
        return Bytes.wrap(out.toByteArray());
    }

    /// RFC 9420 §6.3.
    private static Bytes privateMessage(
            GroupId group, long epoch, int contentType, long marker, int ciphertextBytes) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 1, 0, 2});
        vector(out, group.bytes().toArray());
        out.writeBytes(ByteBuffer.allocate(8).putLong(epoch).array());
        out.write(contentType);
        vector(out, new byte[0]);
        vector(out, new byte[28]);
        var ciphertext = new byte[Math.max(ciphertextBytes, 8)];
        new Random(marker).nextBytes(ciphertext);
        ByteBuffer.wrap(ciphertext).putLong(marker);
        vector(out, ciphertext);
        return Bytes.wrap(out.toByteArray());
    }

    /// RFC 9420 §2.1.2.
    private static void vector(ByteArrayOutputStream out, byte[] bytes) {
        int n = bytes.length;
        if (n < 1 << 6) {
            out.write(n);
        } else if (n < 1 << 14) {
            out.write(0x40 | n >> 8);
            out.write(n);
        } else {
            out.writeBytes(ByteBuffer.allocate(4).putInt(0x80000000 | n).array());
        }
        out.writeBytes(bytes);
    }
}
