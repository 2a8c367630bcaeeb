package io.lockstep.redis.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.lockstep.log.LogEntry;
import io.lockstep.log.MemberId;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class EntrySealerTest {
    private static final Bytes SECRET = Bytes.ofHex("7c".repeat(GroupKey.BYTES));
    private static final GroupKey KEY = GroupKey.of(SECRET);
    private static final Bytes INCARNATION = Bytes.ofHex("0a".repeat(16));
    private static final long POSITION = 9;
    private static final String GOLDEN =
            "2080d095ffbc319001059a01bd017f1cee2164394954c85b6561b351fdb785eaaf063e03"
                    + "406b7f63cc586bd5fe04877c08e362bc09b76d32fa7a3e7a97417e65f6799a5e0e387b0b"
                    + "4ecb92036c837e4013b3696e65a290ceecaecb43e1522c261dd81cf5014b5026d1ca9297"
                    + "277587537bcfa0c7b43cdb54856a2cae24a162b7fdc7a26a7097d97a665f1b88e2b1d16f"
                    + "41718c5d32b6e0ccb3ae0ecfd0684feaa18f2c3276e515cd13d5d856a34d2860876e3193"
                    + "b801c8583970fedddc96764784567c5cf1ec996cd9abb8";

    @Test
    void theFormatStays() throws Exception {
        var entry = EntryCodec.encode(entry("hello"));
        var sealed = EntrySealer.seal(KEY, INCARNATION, POSITION, entry);

        assertThat(Bytes.wrap(sealed.toByteArray()).hex()).isEqualTo(GOLDEN);
        assertThat(sealed.getAllFields().keySet())
                .extracting(field -> field.getNumber())
                .containsExactly(4, 18, 19);
        assertThat(sealed.getAcceptedAtMillis()).isEqualTo(1_700_000_000_000L);
        assertThat(sealed.getMessageBytes()).isEqualTo(5);
        assertThat(sealed.getSealed()).isEqualTo(expected(entry));
    }

    /// The format as the class comment states it, without the class.
    private static ByteString expected(StoredEntry entry) throws Exception {
        var place = ByteBuffer.allocate(29).put(ascii("entry")).put(INCARNATION.toArray());
        place.putLong(POSITION);
        var nonceKey = new SecretKeySpec(hmac(SECRET.toArray(), ascii("nonce")), "HmacSHA256");
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(nonceKey);
        mac.update(place.array());
        mac.update(entry.toBuilder().clearMessage().build().toByteArray());
        var nonce = Bytes.wrap(mac.doFinal()).slice(0, 12).toArray();
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(hmac(SECRET.toArray(), ascii("entry")), "AES"),
                new GCMParameterSpec(128, nonce));
        cipher.updateAAD(place.array());
        cipher.updateAAD(
                ByteBuffer.allocate(12).putLong(entry.getAcceptedAtMillis()).putInt(5).array());
        return ByteString.copyFrom(nonce)
                .concat(ByteString.copyFrom(cipher.doFinal(entry.toByteArray())));
    }

    private static byte[] hmac(byte[] key, byte[] message) throws Exception {
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(message);
    }

    @Test
    void everyEntryOpensAgain() {
        for (var text : List.of("", "a", "x".repeat(127), "x".repeat(128), "x".repeat(65_536))) {
            var entry = entry(text);
            var stored = EntryCodec.encode(entry);
            var sealed = EntrySealer.seal(KEY, INCARNATION, POSITION, stored);
            var opened = EntrySealer.open(KEY, INCARNATION, POSITION, sealed);
            assertThat(EntryCodec.decode(POSITION, opened)).isEqualTo(entry);
        }
    }

    @Test
    @DisplayName("I8: neither the message nor a member's pseudonym is in a sealed entry")
    void nothingOfTheEntryIsInTheClear() {
        var stored = EntryCodec.encode(entry("alice@example.org"));
        var sealed = EntrySealer.seal(KEY, INCARNATION, POSITION, stored).toByteArray();

        assertThat(latin(stored.toByteArray())).contains("alice", latin(stored.getAdded()));
        assertThat(latin(sealed)).doesNotContain("alice").doesNotContain(latin(stored.getAdded()));
    }

    /// A store that went back, or a lost race, gives one position to two contents.
    @Test
    void anotherContentAtTheSamePositionHasAnotherNonce() {
        var one = EntryCodec.encode(entry("one"));
        var two = EntryCodec.encode(entry("two"));
        var later = one.toBuilder().setAcceptedAtMillis(one.getAcceptedAtMillis() + 1).build();
        var confirming = one.toBuilder().setConfirms(3).build();

        var nonce = nonce(EntrySealer.seal(KEY, INCARNATION, POSITION, one));
        for (var other : List.of(two, later, confirming)) {
            assertThat(nonce(EntrySealer.seal(KEY, INCARNATION, POSITION, other)))
                    .isNotEqualTo(nonce);
        }
        assertThat(nonce(EntrySealer.seal(KEY, INCARNATION, POSITION + 1, one)))
                .isNotEqualTo(nonce);
        assertThat(nonce(EntrySealer.seal(KEY, Bytes.ofHex("0b".repeat(16)), POSITION, one)))
                .isNotEqualTo(nonce);
    }

    /// The JDK's cipher refuses the nonce that it had last.
    @Test
    void theSameEntryIsSealedTheSameWayAgain() {
        var entry = EntryCodec.encode(entry("again"));
        var once = EntrySealer.seal(KEY, INCARNATION, POSITION, entry);

        assertThat(EntrySealer.seal(KEY, INCARNATION, POSITION, entry)).isEqualTo(once);
        assertThat(EntrySealer.seal(KEY, INCARNATION, POSITION, entry)).isEqualTo(once);
    }

    @Test
    void anEntryThatWasMovedOrChangedDoesNotOpen() {
        var sealed =
                EntrySealer.seal(KEY, INCARNATION, POSITION, EntryCodec.encode(entry("hello")));
        var bytes = sealed.getSealed().toByteArray();
        bytes[20] ^= 1;

        broken(KEY, INCARNATION, POSITION + 1, sealed);
        broken(KEY, Bytes.ofHex("0b".repeat(16)), POSITION, sealed);
        broken(GroupKey.generate(), INCARNATION, POSITION, sealed);
        broken(KEY, INCARNATION, POSITION, sealed.toBuilder().setMessageBytes(6).build());
        broken(KEY, INCARNATION, POSITION, sealed.toBuilder().setAcceptedAtMillis(1).build());
        broken(
                KEY,
                INCARNATION,
                POSITION,
                sealed.toBuilder().setSealed(ByteString.copyFrom(bytes)).build());
        broken(
                KEY,
                INCARNATION,
                POSITION,
                sealed.toBuilder().setSealed(ByteString.copyFrom(new byte[5])).build());
    }

    private static void broken(GroupKey key, Bytes incarnation, long position, StoredEntry sealed) {
        assertThatThrownBy(() -> EntrySealer.open(key, incarnation, position, sealed))
                .isInstanceOf(BrokenSealException.class);
    }

    private static LogEntry entry(String text) {
        var message = Bytes.wrap(ascii(text));
        return new LogEntry(
                POSITION,
                EntryKind.COMMIT,
                4,
                1_700_000_000_000L,
                new PartContent.Inline(message),
                message.sha256(),
                message.sha256().sha256(),
                new RosterDelta(
                        Map.of(new MemberId(1, 2), new UserPseudonym(3, 4)),
                        Set.of(new MemberId(5, 6))),
                List.of(7L),
                Optional.of(new MemberId(8, 9)),
                2);
    }

    private static ByteString nonce(StoredEntry sealed) {
        return sealed.getSealed().substring(0, 12);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static String latin(ByteString bytes) {
        return latin(bytes.toByteArray());
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
