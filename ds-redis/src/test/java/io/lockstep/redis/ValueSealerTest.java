package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ValueSealerTest {
    private static final byte[] SECRET = "alice/phone".getBytes(StandardCharsets.US_ASCII);
    private final ValueSealer sealing = new ValueSealer(TestRedis.KEYS);

    @Test
    void whatIsSealedOpensForItsPurpose() {
        assertThat(sealing.open("name", sealing.seal("name", SECRET))).isEqualTo(SECRET);
        assertThat(sealing.open("name", sealing.seal("name", Bytes.EMPTY))).isEmpty();
    }

    @Test
    void itOpensFromWithinALongerValue() {
        var sealed = sealing.seal("name", SECRET);
        var longer = new byte[sealed.length + 3];
        System.arraycopy(sealed, 0, longer, 3, sealed.length);

        assertThat(sealing.open("name", longer, 3)).isEqualTo(SECRET);
    }

    @Test
    @DisplayName("I8: the same value sealed twice does not look the same, nor like itself")
    void theSameValueSealedTwiceDoesNotLookTheSame() {
        var once = new String(sealing.seal("name", SECRET), StandardCharsets.ISO_8859_1);
        var again = new String(sealing.seal("name", SECRET), StandardCharsets.ISO_8859_1);

        assertThat(once).isNotEqualTo(again).doesNotContain("alice");
    }

    @Test
    void nothingElseOpens() {
        var sealed = sealing.seal("name", SECRET);
        var changed = sealed.clone();
        changed[changed.length - 1] ^= 1;
        var other =
                new ValueSealer(DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex("11".repeat(32)))));

        assertThatThrownBy(() -> sealing.open("mail", sealed))
                .isInstanceOf(BrokenSealException.class);
        assertThatThrownBy(() -> sealing.open("name", changed))
                .isInstanceOf(BrokenSealException.class);
        assertThatThrownBy(() -> other.open("name", sealed))
                .isInstanceOf(BrokenSealException.class);
        assertThatThrownBy(() -> sealing.open("name", new byte[5]))
                .isInstanceOf(BrokenSealException.class);
        assertThatThrownBy(() -> sealing.open("name", new byte[50]))
                .isInstanceOf(BrokenSealException.class);
    }

    @Test
    void whatAnotherKeyOfTheFileSealedOpens() {
        var next = DeploymentKey.of(Bytes.ofHex("11".repeat(32)));
        var rotated = new ValueSealer(new DeploymentKeys(List.of(next, TestRedis.KEYS.current())));
        var fresh = rotated.seal("name", SECRET);

        assertThat(rotated.open("name", sealing.seal("name", SECRET))).isEqualTo(SECRET);
        assertThat(rotated.open("name", fresh)).isEqualTo(SECRET);
        assertThatThrownBy(() -> sealing.open("name", fresh))
                .isInstanceOf(BrokenSealException.class);
        assertThat(fresh).startsWith(rotated.currentHeader());
        assertThat(new ValueSealer(DeploymentKeys.of(next)).open("name", fresh)).isEqualTo(SECRET);
    }

    @Test
    void aValueOfAnEarlierReleaseOpensWithTheKeyThatSealedIt() throws Exception {
        var nonce = new byte[12];
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(TestRedis.KEYS.current().derive("seal").toArray(), "AES"),
                new GCMParameterSpec(128, nonce));
        cipher.updateAAD("name".getBytes(StandardCharsets.UTF_8));
        var sealed = new ByteArrayOutputStream();
        sealed.write(1);
        sealed.writeBytes(nonce);
        sealed.writeBytes(cipher.doFinal(SECRET));
        var next = DeploymentKey.of(Bytes.ofHex("11".repeat(32)));
        var rotated = new ValueSealer(new DeploymentKeys(List.of(next, TestRedis.KEYS.current())));

        assertThat(sealing.open("name", sealed.toByteArray())).isEqualTo(SECRET);
        assertThat(rotated.open("name", sealed.toByteArray())).isEqualTo(SECRET);
    }
}
