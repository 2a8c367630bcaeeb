package io.lockstep.wire.tls;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;

/// A strict reader of the TLS presentation language of MLS (RFC 9420 §2.1) over a buffer.
///
/// A length is checked against the remaining bytes before any use, so nothing is ever allocated for
/// bytes that are announced but missing. Vectors nest by [#enter] and [#leave], which keep their
/// state in the caller's local variable, so no nesting depth can exhaust a stack here.
///
/// Offsets are relative to the position where reading began. The reader borrows the buffer and
/// moves none of its indices.
///
/// Invariant: `0 ≤ offset ≤ end ≤ readable bytes of the buffer`.
public final class TlsReader {
    /// The longest vector that a length can encode (RFC 9420 §2.1.2).
    public static final int VECTOR_BYTES_MAX = (1 << 30) - 1;

    private final ByteBuf buffer;
    private final int base;
    private int offset;
    private int end;

    /// Reads the buffer's readable bytes.
    ///
    /// @param buffer borrowed, and must outlive the reader
    public TlsReader(ByteBuf buffer) {
        this.buffer = buffer;
        this.base = buffer.readerIndex();
        this.end = buffer.readableBytes();
    }

    public int offset() {
        return offset;
    }

    /// The bytes left in the innermost open vector, or in the whole input.
    public int remaining() {
        return end - offset;
    }

    public boolean hasRemaining() {
        return offset < end;
    }

    public int u8() throws MalformedEncodingException {
        return buffer.getUnsignedByte(base + take(1));
    }

    public int u16() throws MalformedEncodingException {
        return buffer.getUnsignedShort(base + take(2));
    }

    public long u32() throws MalformedEncodingException {
        return buffer.getUnsignedInt(base + take(4));
    }

    /// All 64 bits; unsigned, so a value of 2^63 or more is negative.
    public long u64() throws MalformedEncodingException {
        return buffer.getLong(base + take(8));
    }

    /// Peeks at a u16 some bytes ahead without reading it; -1 if there are too few bytes.
    public int peekU16(int ahead) {
        return remaining() < ahead + 2 ? -1 : buffer.getUnsignedShort(base + offset + ahead);
    }

    /// `optional<T>` (§2.1.1): whether a T follows.
    public boolean optional() throws MalformedEncodingException {
        int presence = u8();
        if (presence > 1) {
            throw malformed("an optional must begin with 0 or 1, not " + presence, 1);
        }
        return presence == 1;
    }

    /// Reads the length of a vector (§2.1.2). Prefix 11, lengths not in their shortest form, and
    /// lengths beyond the remaining bytes are malformed.
    public int vectorLength() throws MalformedEncodingException {
        int first = u8();
        int length;
        int size;
        switch (first >>> 6) {
            case 0 -> {
                length = first;
                size = 1;
            }
            case 1 -> {
                length = (first & 0x3f) << 8 | u8();
                size = 2;
                if (length < 1 << 6) {
                    throw malformed("a length is not in its shortest form", size);
                }
            }
            case 2 -> {
                length = (first & 0x3f) << 24 | u8() << 16 | u16();
                size = 4;
                if (length < 1 << 14) {
                    throw malformed("a length is not in its shortest form", size);
                }
            }
            default -> throw malformed("a length begins with the invalid prefix 11", 1);
        }
        if (length > remaining()) {
            throw malformed(
                    "a vector of "
                            + length
                            + " bytes is announced and "
                            + remaining()
                            + " are left",
                    size);
        }
        return length;
    }

    /// Reads `opaque x<V>` into a copy.
    public Bytes opaque() throws MalformedEncodingException {
        int length = vectorLength();
        return copy(take(length), length);
    }

    /// Skips `opaque x<V>`.
    ///
    /// @return its length without the prefix
    public int skipOpaque() throws MalformedEncodingException {
        int length = vectorLength();
        take(length);
        return length;
    }

    /// Skips this many bytes.
    public void skip(int length) throws MalformedEncodingException {
        take(length);
    }

    /// Opens a vector: until [#leave], the reader ends where the vector does.
    ///
    /// @return the outer end, an argument for [#leave]
    public int enter() throws MalformedEncodingException {
        int length = vectorLength();
        int outer = end;
        end = offset + length;
        assert invariants();
        return outer;
    }

    /// Closes a vector, which must have been read to its end.
    public void leave(int outer) throws MalformedEncodingException {
        finish();
        end = outer;
        assert invariants();
    }

    /// Checks that no bytes are left.
    public void finish() throws MalformedEncodingException {
        if (offset != end) {
            throw malformed(remaining() + " bytes too many", 0);
        }
    }

    /// Copies a range of the input, read or not.
    public Bytes copy(int from, int length) {
        return Bytes.copyOf(buffer, base + from, length);
    }

    /// An exception with the current offset.
    public MalformedEncodingException malformed(String detail) {
        return malformed(detail, 0);
    }

    private MalformedEncodingException malformed(String detail, int back) {
        return new MalformedEncodingException(detail, offset - back);
    }

    private int take(int length) throws MalformedEncodingException {
        int start = offset;
        if (length > end - start) {
            throw malformed(length + " bytes are expected and " + (end - start) + " are left");
        }
        offset = start + length;
        assert invariants();
        return start;
    }

    private boolean invariants() {
        return 0 <= offset && offset <= end && end <= buffer.writerIndex() - base;
    }
}
