package io.lockstep.gateway.http;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// A request's body as it comes, within its own limit and the limit of all. Confined to one event loop.
final class RequestBody {
    enum Taken {
        OK,
        TOO_LONG,
        NO_ROOM
    }

    private final BodyBudget budget;
    private final int bytesMax;
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);
    private long reserved;

    RequestBody(BodyBudget budget, int bytesMax) {
        this.budget = budget;
        this.bytesMax = bytesMax;
    }

    /// @param content borrowed
    Taken take(ByteBuf content) {
        int length = content.readableBytes();
        if (length > bytesMax - bytes.size()) {
            return Taken.TOO_LONG;
        }
        if (!budget.take(length)) {
            return Taken.NO_ROOM;
        }
        reserved += length;
        try {
            content.getBytes(content.readerIndex(), bytes, length);
        } catch (IOException e) {
            throw new UncheckedIOException("memory takes bytes", e);
        }
        return Taken.OK;
    }

    Bytes bytes() {
        return Bytes.wrap(bytes.toByteArray());
    }

    /// Lets go of what was taken; the connection may stay for long.
    void release() {
        bytes = new ByteArrayOutputStream(0);
        budget.giveBack(reserved);
        reserved = 0;
    }
}
