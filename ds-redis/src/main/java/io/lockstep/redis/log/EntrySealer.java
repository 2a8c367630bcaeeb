package io.lockstep.redis.log;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.Bytes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;

/// Seals an entry under the key of its group, bound to its position (invariant I8).
///
/// ```
/// place  = "entry" ‖ incarnation[16] ‖ u64 position
/// nonce  = first 12 bytes of HMAC-SHA256(nonce key, place ‖ the entry without its message)
/// sealed = nonce ‖ AES-256-GCM(encryption key, nonce, entry, place ‖ u64 accepted ‖ u32 size)
/// ```
///
/// The entry without its message contains the message's SHA-256. So two different contents never
/// have one nonce by rule, whatever happened to the store or to the append; the same content at the
/// same position has the same nonce and the same sealed bytes. A nonce has 96 bits of a keyed hash:
/// among 2^32 entries of a group two have the same one with probability 2^-33.
///
/// Accepted time and size of the message are outside, because scripts read them. They are
/// authenticated.
///
/// Threads: *thread-safe*. Each thread has a cipher of its own, because one is expensive to make.
final class EntrySealer {
    private static final byte[] LABEL = "entry".getBytes(StandardCharsets.US_ASCII);
    private static final int INCARNATION_BYTES = 16;
    private static final int PLACE_BYTES = LABEL.length + INCARNATION_BYTES + Long.BYTES;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BYTES = 16;
    private static final String BROKEN = "entry";
    private static final ThreadLocal<Tools> TOOLS = ThreadLocal.withInitial(Tools::new);

    private EntrySealer() {}

    /// @param entry as [EntryCodec] encodes it
    static StoredEntry seal(GroupKey key, Bytes incarnation, long position, StoredEntry entry) {
        var plaintext = entry.toByteArray();
        int size = entry.getMessage().size();
        var place = place(incarnation, position);
        var sealed = new byte[NONCE_BYTES + plaintext.length + TAG_BYTES];
        try {
            var tools = TOOLS.get();
            tools.mac.init(key.nonces());
            tools.mac.update(place);
            int from = size == 0 ? 0 : CodedOutputStream.computeBytesSize(1, entry.getMessage());
            tools.mac.update(plaintext, from, plaintext.length - from);
            System.arraycopy(tools.mac.doFinal(), 0, sealed, 0, NONCE_BYTES);
            var cipher = tools.encryption(key, sealed);
            cipher.updateAAD(associated(place, entry.getAcceptedAtMillis(), size));
            cipher.doFinal(plaintext, 0, plaintext.length, sealed, NONCE_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
        return StoredEntry.newBuilder()
                .setAcceptedAtMillis(entry.getAcceptedAtMillis())
                .setMessageBytes(size)
                .setSealed(UnsafeByteOperations.unsafeWrap(sealed))
                .build();
    }

    static boolean isSealed(StoredEntry stored) {
        return !stored.getSealed().isEmpty();
    }

    /// @throws BrokenSealException when it was changed, or is another group's or position's
    static StoredEntry open(GroupKey key, Bytes incarnation, long position, StoredEntry stored) {
        var sealed = stored.getSealed().toByteArray();
        if (sealed.length < NONCE_BYTES + TAG_BYTES) {
            throw new BrokenSealException(BROKEN, null);
        }
        try {
            var cipher = TOOLS.get().decryption(key, sealed);
            cipher.updateAAD(
                    associated(
                            place(incarnation, position),
                            stored.getAcceptedAtMillis(),
                            stored.getMessageBytes()));
            return StoredEntry.parseFrom(
                    cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES));
        } catch (GeneralSecurityException | InvalidProtocolBufferException e) {
            throw new BrokenSealException(BROKEN, e);
        }
    }

    private static byte[] place(Bytes incarnation, long position) {
        return ByteBuffer.allocate(PLACE_BYTES)
                .put(LABEL)
                .put(incarnation.toArray())
                .putLong(position)
                .array();
    }

    private static byte[] associated(byte[] place, long acceptedAtMillis, int size) {
        return ByteBuffer.allocate(PLACE_BYTES + Long.BYTES + Integer.BYTES)
                .put(place)
                .putLong(acceptedAtMillis)
                .putInt(size)
                .array();
    }

    /// The cipher and the hash of one thread.
    private static final class Tools {
        private final Mac mac;
        private Cipher cipher;

        Tools() {
            try {
                mac = Mac.getInstance("HmacSHA256");
                cipher = newCipher();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every Java platform has AES-GCM", e);
            }
        }

        private static Cipher newCipher() throws GeneralSecurityException {
            return Cipher.getInstance("AES/GCM/NoPadding");
        }

        /// @param sealed begins with the nonce
        Cipher encryption(GroupKey key, byte[] sealed) throws GeneralSecurityException {
            try {
                cipher.init(Cipher.ENCRYPT_MODE, key.encryption(), parameters(sealed));
            } catch (InvalidAlgorithmParameterException e) {
                // The JDK's cipher refuses the nonce that it had last: the same entry again.
                cipher = newCipher();
                cipher.init(Cipher.ENCRYPT_MODE, key.encryption(), parameters(sealed));
            }
            return cipher;
        }

        Cipher decryption(GroupKey key, byte[] sealed) throws GeneralSecurityException {
            cipher.init(Cipher.DECRYPT_MODE, key.encryption(), parameters(sealed));
            return cipher;
        }

        private static GCMParameterSpec parameters(byte[] sealed) {
            return new GCMParameterSpec(TAG_BYTES * Byte.SIZE, sealed, 0, NONCE_BYTES);
        }
    }
}
