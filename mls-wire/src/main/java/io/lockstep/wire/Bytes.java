package io.lockstep.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// An immutable byte string with equality. Records use it in place of arrays.
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;
    private int hash;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /// Copies the array.
    public static Bytes copyOf(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array.clone());
    }

    /// Wraps the array without a copy; the caller must not use it again.
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    /// Copies `length` bytes at the absolute index. Borrows the buffer and moves none of its
    /// indices.
    public static Bytes copyOf(ByteBuf buffer, int index, int length) {
        if (length == 0) {
            return EMPTY;
        }
        return new Bytes(ByteBufUtil.getBytes(buffer, index, length, true));
    }

    public static Bytes of(ByteString string) {
        return wrap(string.toByteArray());
    }

    /// @param hex pairs of hexadecimal digits
    public static Bytes ofHex(String hex) {
        return wrap(HexFormat.of().parseHex(hex));
    }

    /// The two numbers, big-endian, one after the other.
    public static Bytes ofLongs(long first, long second) {
        return wrap(ByteBuffer.allocate(2 * Long.BYTES).putLong(first).putLong(second).array());
    }

    public int size() {
        return array.length;
    }

    public boolean isEmpty() {
        return array.length == 0;
    }

    /// The byte at the index, 0 to 255.
    public int at(int index) {
        return array[index] & 0xff;
    }

    /// The eight bytes from the index on, as a big-endian number.
    public long longAt(int index) {
        return ByteBuffer.wrap(array).getLong(index);
    }

    public byte[] toArray() {
        return array.clone();
    }

    public Bytes slice(int from, int length) {
        return wrap(Arrays.copyOfRange(array, from, from + length));
    }

    /// A read-only view that shares the bytes.
    public ByteBuf asByteBuf() {
        return Unpooled.wrappedBuffer(array).asReadOnly();
    }

    /// A read-only view of a part, which shares the bytes.
    public ByteBuf asByteBuf(int from, int length) {
        return Unpooled.wrappedBuffer(array, from, length).asReadOnly();
    }

    /// A view that shares the bytes.
    public ByteString asByteString() {
        return UnsafeByteOperations.unsafeWrap(array);
    }

    public void writeTo(ByteBuf target) {
        target.writeBytes(array);
    }

    public void update(MessageDigest digest) {
        digest.update(array);
    }

    /// Updates the digest with a part of these bytes, without a copy.
    public void update(MessageDigest digest, int from, int length) {
        digest.update(array, from, length);
    }

    /// SHA-256 of these bytes, 32 bytes.
    public Bytes sha256() {
        var digest = newSha256();
        digest.update(array);
        return wrap(digest.digest());
    }

    public static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public String hex() {
        return HexFormat.of().formatHex(array);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        int h = hash;
        if (h == 0) {
            h = Arrays.hashCode(array);
            hash = h;
        }
        return h;
    }

    /// At most the first 16 bytes in hex, and the size: safe for a log line, since it reveals no
    /// content.
    @Override
    public String toString() {
        return array.length <= 16
                ? hex()
                : HexFormat.of().formatHex(array, 0, 16) + "…(" + array.length + ")";
    }
}
