package io.lockstep.gateway.http;

import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.HeapArrays;
import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A request's body as it comes, in one array that grows with it, counted as it grows: within its own limit and
/// the budget of all bodies, as what it takes of the heap. What is announced costs nothing until it comes. Confined to one event loop.
final class RequestBody {
    enum TakeResult {
        OK,
        TOO_LONG,
        NO_ROOM
    }

    private static final byte[] NOTHING = {};
    private static final int FIRST_BYTES = 1 << 10;

    /// Of a request that has none.
    static final RequestBody NONE = new RequestBody();

    /// Null where there is no body.
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

    /// @param announced by the request's head; 0 for not
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
            return TakeResult.NO_ROOM;
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

    /// Lets go of what was taken; the connection may stay for long.
    void release() {
        bytes = NOTHING;
        size = 0;
        if (account != null) {
            account.release();
        }
    }
}
