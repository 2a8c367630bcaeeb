package io.lockstep.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

final class ResponseStreamTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final ChannelHandlerContext ctx = channel.pipeline().firstContext();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<String> heard = new ArrayList<>();
    private final ResponseStream stream =
            new ResponseStream(
                    ctx,
                    () -> heard.add("advanced"),
                    _ -> heard.add("completed"),
                    error -> heard.add("failed: " + error.getMessage()));

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private Flux<Bytes> parts(int count) {
        return Flux.fromStream(IntStream.range(0, count).mapToObj(ResponseStreamTest::part))
                .doOnRequest(n -> asked.addAndGet((int) n));
    }

    private static Bytes part(int i) {
        return Bytes.wrap(new byte[] {(byte) i, 1, 2});
    }

    private void runLoop() {
        channel.runPendingTasks();
    }

    @Test
    void everyPartIsWrittenInOrderAndThenTheEnd() {
        parts(3).subscribe(stream);
        runLoop();

        for (int i = 0; i < 3; i++) {
            HttpContent content = channel.readOutbound();
            assertThat(ByteBufUtil.getBytes(content.content())).isEqualTo(part(i).toArray());
            content.release();
        }
        assertThat(channel.<Object>readOutbound()).isSameAs(LastHttpContent.EMPTY_LAST_CONTENT);
        assertThat(heard).containsExactly("advanced", "advanced", "advanced", "completed");
    }

    @Test
    void noChunkIsRequestedWhileTheSocketIsUnwritable() {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        parts(2).subscribe(stream);
        runLoop();
        assertThat(asked).hasValue(0);

        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        stream.writabilityChanged();
        runLoop();
        assertThat(heard).containsExactly("advanced", "advanced", "completed");
    }

    @Test
    void afterAFailureTheResponseIsNotCompleted() {
        Flux.concat(parts(1), Flux.error(new IllegalStateException("lost"))).subscribe(stream);
        runLoop();

        assertThat(heard).containsExactly("advanced", "failed: lost");
        HttpContent content = channel.readOutbound();
        assertThat(content).isNotInstanceOf(LastHttpContent.class);
        content.release();
        assertThat(channel.<Object>readOutbound()).isNull();
    }

    @Test
    void aClosedConnectionRequestsNoMoreChunks() {
        var cancelled = new AtomicInteger();
        Flux.<Bytes>never().doOnCancel(cancelled::incrementAndGet).subscribe(stream);
        runLoop();
        stream.dispose();

        assertThat(cancelled).hasValue(1);
        assertThat(heard).isEmpty();
        assertThat(channel.<Object>readOutbound()).isNull();
    }
}
