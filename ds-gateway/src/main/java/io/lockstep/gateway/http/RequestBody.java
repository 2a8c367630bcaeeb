package io.lockstep.gateway.http;

import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.HeapArrays;
import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The buffer of a request's body: one array that grows as bytes arrive. The heap that it occupies
/// is counted before it grows, against its own limit and the budget of all bodies. An announced
/// length costs nothing until bytes arrive. Confined to one event loop.
final class RequestBody {
    enum TakeResult {
        OK,
        TOO_LONG,
        OVER_BUDGET
    }

    private static final byte[] NOTHING = {};
    private static final int FIRST_BYTES = 1 << 10;

    /// The body of a request that has none.
    static final RequestBody NONE = new RequestBody();

    /// Null if there is no body.
    private final ByteBudget.@Nullable Account account;

    private final int bytesMax;
    private final long announced;
    private byte[] bytes = NOTHING;
    private int size;

    private RequestBody() {
        account = null;
        bytesMax = 0;
        announced = 0;
    }

    /// @param announced length in the request head; 0 if absent
    RequestBody(ByteBudget.Account account, int bytesMax, long announced) {
        this.account = account;
        this.bytesMax = bytesMax;
        this.announced = announced;
    }

    /// @param content borrowed
    TakeResult take(ByteBuf content) {
        int length = content.readableBytes();
        if (length > bytesMax - size) {
            return TakeResult.TOO_LONG;
        }
        if (!grow(size + length)) {
            return TakeResult.OVER_BUDGET;
        }
        content.getBytes(content.readerIndex(), bytes, size, length);
        size += length;
        return TakeResult.OK;
    }

    private boolean grow(int needed) {
        if (needed <= bytes.length) {
            return true;
        }
        long doubled = Math.max(FIRST_BYTES, 2L * bytes.length);
        long most = announced >= needed ? Math.min(announced, bytesMax) : bytesMax;
        int capacity = (int) Math.max(needed, Math.min(doubled, most));
        if (account == null || !account.hold(HeapArrays.bytes(capacity))) {
            return false;
        }
        bytes = Arrays.copyOf(bytes, capacity);
        return true;
    }

    Bytes bytes() {
        return size == 0
                ? Bytes.EMPTY
                : Bytes.wrap(size == bytes.length ? bytes : Arrays.copyOf(bytes, size));
    }

    /// Releases the bytes; the connection may stay open for long.
    void release() {
        bytes = NOTHING;
        size = 0;
        if (account != null) {
            account.release();
        }
    }
}
