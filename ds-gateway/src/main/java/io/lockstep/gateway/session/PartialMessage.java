package io.lockstep.gateway.session;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.connection.EventLoopTasks;
import io.lockstep.gateway.connection.ProgressTimeout;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.Code;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The incomplete message of a session: the decoder's bytes of a frame, and the earlier fragments
/// in one buffer. They count against the unauthenticated budget until the client is known, then
/// against the user's share. Confined to the session's event loop.
///
/// ```
/// bytes of fragments ≤ messageBytesMax        fragments ≤ fragmentsMax
/// held = decoder's capacity + fragment buffer's capacity
/// ```
final class PartialMessage {
    private static final int FIRST_BYTES = 256;

    private final Channel channel;
    private final ReceiveLimits limits;
    private final ByteBudget sessions;
    private final ConnectionAdmission.AdmittedConnection admitted;
    private final Consumer<Code> end;
    private int messageBytesMax = SessionLimits.HELLO_BYTES_MAX;

    /// The fragments of an incomplete message; null between messages.
    private @Nullable ByteBuf fragments;

    private int fragmentsCount;
    private int inDecoder;

    /// Bytes of the `hello`, until the client is known.
    private int inHello;

    /// Bytes of decoded frames that wait.
    private int inFrames;

    /// Null until the client is known and something is held.
    private ByteBudget.@Nullable Account account;

    /// The user; null until it is known.
    private @Nullable String user;

    /// Null until something is awaited.
    private @Nullable ProgressTimeout progress;

    /// @param end closes the session, and this
    PartialMessage(
            Channel channel,
            ReceiveLimits limits,
            ByteBudget sessions,
            ConnectionAdmission.AdmittedConnection admitted,
            Consumer<Code> end) {
        this.channel = channel;
        this.limits = limits;
        this.sessions = sessions;
        this.admitted = admitted;
        this.end = end;
    }

    /// What the connection held as HTTP is released.
    void onOpen() {
        var _ = admitted.hold(0);
    }

    /// Counts the `hello`, which is kept until the client is known.
    void holdHello(int bytes) {
        inHello = bytes;
        account();
    }

    /// Sets the bytes of all waiting frames.
    void holdFrames(int bytes) {
        if (bytes != inFrames) {
            inFrames = bytes;
            account();
        }
    }

    private int inObjects() {
        return inHello + inFrames;
    }

    /// The `hello` is complete: later messages may have the full length.
    void helloEnds(int frameBytesMax) {
        messageBytesMax = frameBytesMax;
    }

    /// From now on the bytes count as this user's.
    void authenticated(String name) {
        user = name;
        inHello = 0;
        if (progress != null) {
            progress.expect(limits.messageBytesMin());
        }
        account();
    }

    boolean isFragmented() {
        return fragments != null;
    }

    /// Starts a message with its first fragment.
    ///
    /// @param content borrowed
    void begin(ChannelHandlerContext ctx, ByteBuf content) {
        fragments = ctx.alloc().buffer(Math.max(FIRST_BYTES, content.readableBytes()));
        fragmentsCount = 0;
        add(content);
    }

    /// @param content borrowed
    /// @return false if the fragment was not taken; the session is then closing
    boolean add(ByteBuf content) {
        var message = fragments;
        if (message == null) {
            return false;
        }
        int length = content.readableBytes();
        if (message.readableBytes() + length > messageBytesMax
                || ++fragmentsCount > limits.fragmentsMax()) {
            end.accept(Code.FRAME_TOO_LARGE);
            return false;
        }
        if (length > message.writableBytes() && !grow(message, length)) {
            return false;
        }
        message.writeBytes(content, content.readerIndex(), length);
        assert message.readableBytes() <= messageBytesMax
                && fragmentsCount <= limits.fragmentsMax();
        return true;
    }

    /// Counts the bytes before it allocates them.
    private boolean grow(ByteBuf message, int length) {
        int needed = message.readableBytes() + length;
        int capacity = Math.max(needed, (int) Math.min(2L * message.capacity(), messageBytesMax));
        if (!count(inDecoder + inObjects() + capacity)) {
            return false;
        }
        message.capacity(capacity);
        return true;
    }

    /// The complete message; the caller releases it.
    ByteBuf take() {
        var message = fragments;
        if (message == null) {
            throw new IllegalStateException("there is no fragmented message");
        }
        fragments = null;
        return message;
    }

    void drop() {
        if (fragments != null) {
            fragments.release();
            fragments = null;
        }
    }

    /// Bytes have arrived.
    void arrived(int bytes) {
        if (progress != null) {
            progress.arrived(bytes);
        }
    }

    /// A message has ended.
    void ended() {
        if (progress != null) {
            progress.waiting(false, true);
        }
    }

    /// Everything that arrived was decoded.
    ///
    /// @param bytes that the decoder keeps of a frame
    void decoded(int bytes) {
        if (bytes == 0 && inDecoder == 0 && fragments == null && account == null) {
            // The path of every message that arrives at once.
            return;
        }
        inDecoder = bytes;
        account();
    }

    private void account() {
        var message = fragments;
        int held = inDecoder + (message == null ? 0 : message.capacity());
        if (count(held + inObjects())) {
            await(held > 0);
        }
    }

    private boolean count(int held) {
        if (charge(held)) {
            return true;
        }
        end.accept(user == null ? Code.TOO_MANY_CONNECTIONS : Code.RECEIVE_MEMORY_FULL);
        return false;
    }

    private boolean charge(int held) {
        var name = user;
        if (name == null) {
            return admitted.hold(held);
        }
        var userAccount = account;
        if (userAccount == null) {
            if (held == 0) {
                return true;
            }
            userAccount =
                    sessions.open(
                            ByteBudget.Holder.of(name),
                            () ->
                                    EventLoopTasks.run(
                                            channel.eventLoop(),
                                            () -> end.accept(Code.RECEIVE_MEMORY_FULL)));
            account = userAccount;
        }
        boolean fits = userAccount.hold(held);
        if (held == 0) {
            account = null;
        }
        return fits;
    }

    private void await(boolean more) {
        if (progress == null && more) {
            progress =
                    new ProgressTimeout(
                            channel,
                            limits.progressInterval(),
                            user == null
                                    ? limits.unauthenticatedBytesMin()
                                    : limits.messageBytesMin(),
                            this::tooSlow);
        }
        if (progress != null) {
            progress.waiting(more, false);
        }
    }

    /// A sender that is not being read cannot make progress.
    private void tooSlow() {
        if (channel.config().isAutoRead()) {
            end.accept(Code.TOO_SLOW);
        } else {
            await(true);
        }
    }

    /// The server reads again, after a pause that it caused.
    void resumed() {
        if (progress != null) {
            progress.waiting(inDecoder > 0 || fragments != null, true);
        }
    }

    /// Releases everything. The caller must remove the decoder or close the connection.
    void close() {
        drop();
        inDecoder = 0;
        inHello = 0;
        inFrames = 0;
        if (progress != null) {
            progress.stop();
        }
        if (account != null) {
            account.release();
            account = null;
        }
        if (user == null) {
            var _ = admitted.hold(0);
        }
    }
}
