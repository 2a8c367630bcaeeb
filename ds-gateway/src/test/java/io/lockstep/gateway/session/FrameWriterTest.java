package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

final class FrameWriterTest {
    private final Queue<ChannelPromise> waiting = new ArrayDeque<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(new HeldWrites());
    private final FrameWriter out = new FrameWriter(channel, FrameFormat.PROTO, 1_000, 10_000);

    /// A socket that accepts no writes for now.
    private final class HeldWrites extends ChannelOutboundHandlerAdapter {
        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            ReferenceCountUtil.release(message);
            waiting.add(promise);
        }
    }

    /// The client's close frame crossed the server's. The connection was closed at once, and the
    /// code and all answers before it were lost.
    @Test
    void queuedBytesAreSentBeforeTheConnectionIsClosed() {
        out.sendClose(ControlFrames.close(channel.alloc(), 4000, "malformed_frame"));
        out.disconnectWhenSent();
        assertThat(channel.isOpen()).isTrue();
        for (var write = waiting.poll(); write != null; write = waiting.poll()) {
            var _ = write.trySuccess();
        }
        channel.runPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }
}
