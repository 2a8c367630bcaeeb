package io.lockstep.wire.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 9420 §2.1.
final class TlsReaderTest {
    @Test
    @DisplayName(
            "§2.1.2: the working group's vectors of lengths are read, and written, as they are")
    void workingGroupVectors() throws MalformedEncodingException {
        for (var vector : SharedFolder.vectors("deserialization")) {
            var header = Bytes.ofHex(vector.get("vlbytes_header").asString());
            int length = vector.get("length").asInt();
            var in = new TlsReader(withFollowing(header, length));
            assertThat(in.vectorLength()).isEqualTo(length);
            assertThat(in.remaining()).isEqualTo(length);
            var written = Unpooled.buffer(4);
            TlsWriter.writeLength(written, length);
            assertThat(Bytes.copyOf(written, 0, written.readableBytes())).isEqualTo(header);
        }
    }

    /// The same 16 MiB repeated: a gibibyte that allocates no memory of its own.
    private static ByteBuf withFollowing(Bytes header, int length) {
        var block = Unpooled.wrappedBuffer(new byte[Math.min(length, 1 << 24)]);
        var whole = Unpooled.compositeBuffer(1024).addComponent(true, header.asByteBuf());
        for (int left = length; left > 0; left -= block.readableBytes()) {
            whole.addComponent(true, block.slice(0, Math.min(left, block.readableBytes())));
        }
        return whole;
    }

    @ParameterizedTest
    @ValueSource(strings = {"4000", "4005", "403f", "80000000", "80000005", "8000003f", "80003fff"})
    @DisplayName("§2.1.2: a length not in its shortest form is malformed")
    void longLengths(String header) {
        assertMalformed(header + "00".repeat(0x4000), "shortest form", 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"c0", "c001", "c0000001", "ffffffff", "c000000000000001"})
    @DisplayName("§2.1.2: prefix 11 is malformed")
    void prefix11(String header) {
        assertMalformed(header + "00", "prefix 11", 0);
    }

    @ParameterizedTest
    @CsvSource({"01, 0", "0200, 0", "40400000, 0", "bfffffff00, 0"})
    void aLengthBeyondTheEndIsMalformed(String hex, int offset) {
        assertMalformed(hex, "are left", offset);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "40", "80", "8000", "800040"})
    void aLengthCutShortIsMalformed(String hex) {
        assertThatExceptionOfType(MalformedEncodingException.class)
                .isThrownBy(() -> reader(hex).vectorLength());
    }

    @Test
    @DisplayName("§2.1.1: an optional begins with 0 or 1")
    void optionals() throws MalformedEncodingException {
        assertThat(reader("00").optional()).isFalse();
        assertThat(reader("01").optional()).isTrue();
        assertThatExceptionOfType(MalformedEncodingException.class)
                .isThrownBy(() -> reader("02").optional());
    }

    @Test
    void integersAreBigEndianAndUnsigned() throws MalformedEncodingException {
        var in = reader("ff" + "fffe" + "fffffffd" + "fffffffffffffffc");
        assertThat(in.u8()).isEqualTo(0xff);
        assertThat(in.u16()).isEqualTo(0xfffe);
        assertThat(in.u32()).isEqualTo(0xffff_fffdL);
        assertThat(in.u64()).isEqualTo(-4);
        assertThat(in.hasRemaining()).isFalse();
    }

    @Test
    void aVectorEndsBeforeTheNextFieldAndMustBeReadWhole() throws MalformedEncodingException {
        var in = reader("03 010203 09".replace(" ", ""));
        int outer = in.enter();
        assertThat(in.remaining()).isEqualTo(3);
        assertThat(in.u16()).isEqualTo(0x0102);
        assertThatExceptionOfType(MalformedEncodingException.class).isThrownBy(in::u16);
        assertThatExceptionOfType(MalformedEncodingException.class)
                .isThrownBy(() -> in.leave(outer));
        assertThat(in.u8()).isEqualTo(3);
        in.leave(outer);
        assertThat(in.u8()).isEqualTo(9);
        in.finish();
    }

    @Test
    void readingBeginsAtTheReaderIndexAndMovesNothing() throws MalformedEncodingException {
        var buffer = Unpooled.wrappedBuffer(new byte[] {9, 9, 2, 7, 8, 9});
        buffer.readerIndex(2).writerIndex(5);
        var in = new TlsReader(buffer);
        assertThat(in.opaque()).isEqualTo(Bytes.ofHex("0708"));
        in.finish();
        assertThat(buffer.readerIndex()).isEqualTo(2);
        assertThat(buffer.writerIndex()).isEqualTo(5);
    }

    @Test
    void malformedInputCostsNoStackTrace() {
        var e = new MalformedEncodingException("x", 3);
        assertThat(e.getStackTrace()).isEmpty();
        assertThat(Arrays.asList(e.getSuppressed())).isEmpty();
    }

    private static void assertMalformed(String hex, String detail, int offset) {
        assertThatExceptionOfType(MalformedEncodingException.class)
                .isThrownBy(() -> reader(hex).opaque())
                .withMessageContaining(detail)
                .satisfies(e -> assertThat(e.offset()).isEqualTo(offset));
    }

    private static TlsReader reader(String hex) {
        return new TlsReader(Bytes.ofHex(hex).asByteBuf());
    }
}
