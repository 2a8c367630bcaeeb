package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ValueSealerTest {
    private static final byte[] SECRET = "alice/phone".getBytes(StandardCharsets.US_ASCII);
    private final ValueSealer sealing = new ValueSealer(TestRedis.KEY);

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
        var other = new ValueSealer(DeploymentKey.of(Bytes.ofHex("11".repeat(32))));

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
}
