package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Refused;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// A test client: the JDK's WebSocket, and frames.
public final class TestClient implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final long PATIENCE_SECONDS = 10;

    private final FrameFormat format;
    private final WebSocket webSocket;
    private final Receiver receiver;
    private final AtomicLong requestIds = new AtomicLong();

    /// Frames that were received and not awaited yet.
    private final List<ServerFrame> passedOver = new ArrayList<>();

    private TestClient(FrameFormat format, WebSocket webSocket, Receiver receiver) {
        this.format = format;
        this.webSocket = webSocket;
        this.receiver = receiver;
    }

    private static final class Receiver implements WebSocket.Listener {
        private final FrameFormat format;
        private final BlockingQueue<ServerFrame> frames = new LinkedBlockingQueue<>();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final CompletableFuture<String> closeReason = new CompletableFuture<>();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();

        private Receiver(FrameFormat format) {
            this.format = format;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
            var bytes = new byte[data.remaining()];
            data.get(bytes);
            return part(webSocket, bytes, last);
        }

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            return part(webSocket, data.toString().getBytes(StandardCharsets.UTF_8), last);
        }

        private CompletionStage<?> part(WebSocket webSocket, byte[] bytes, boolean last) {
            message.writeBytes(bytes);
            if (last) {
                try {
                    frames.addAll(
                            FrameCodec.decodeServer(
                                    format, Unpooled.wrappedBuffer(message.toByteArray())));
                } catch (MalformedFrameException e) {
                    closed.completeExceptionally(e);
                }
                message.reset();
            }
            webSocket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket webSocket, int status, String reason) {
            closed.complete(status);
            closeReason.complete(reason);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            closed.completeExceptionally(error);
        }
    }

    /// A connection after the upgrade, without a hello.
    public static TestClient connect(TestServer server, FrameFormat format) {
        var receiver = new Receiver(format);
        var webSocket =
                HTTP.newWebSocketBuilder()
                        .subprotocols(format.subprotocol())
                        .buildAsync(server.webSocket(), receiver)
                        .join();
        return new TestClient(format, webSocket, receiver);
    }

    /// An open session of `user/device`.
    public static TestClient open(TestServer server, String name) throws Exception {
        return open(server, name, FrameFormat.PROTO);
    }

    public static TestClient open(TestServer server, String name, FrameFormat format)
            throws Exception {
        var client = connect(server, format);
        client.hello("dev:" + name);
        var ready = client.await(ServerFrame::hasReady).getReady();
        assertThat(ready.getClient()).isEqualTo(name);
        return client;
    }

    public void hello(String token) {
        send(f -> f.setHello(Hello.newBuilder().setToken(token).setAgent("test")));
    }

    /// @return its request id
    public long send(Consumer<ClientFrame.Builder> body) {
        var frame = ClientFrame.newBuilder().setRequestId(requestIds.incrementAndGet());
        body.accept(frame);
        sendPayload(FrameCodec.encodePayload(format, frame.build()));
        return frame.getRequestId();
    }

    public void sendPayload(byte[] payload) {
        switch (format) {
            case PROTO -> sendBinary(payload);
            case JSON -> sendText(new String(payload, StandardCharsets.UTF_8));
        }
    }

    public void sendBinary(byte[] payload) {
        webSocket.sendBinary(ByteBuffer.wrap(payload), true).join();
    }

    public void sendText(String text) {
        webSocket.sendText(text, true).join();
    }

    public WebSocket webSocket() {
        return webSocket;
    }

    public long create(GroupId group) {
        return send(f -> f.setCreate(Create.newBuilder().setGroupId(group.bytes().asByteString())));
    }

    public long create(GroupId group, ExternalJoin join) {
        return create(group, join, Bytes.EMPTY);
    }

    /// @param groupInfo of epoch 0; EMPTY for none
    public long create(GroupId group, ExternalJoin join, Bytes groupInfo) {
        return send(f ->
                f.setCreate(
                        Create.newBuilder()
                                .setGroupId(group.bytes().asByteString())
                                .setGroupInfo(groupInfo.asByteString())
                                .setPolicy(GroupPolicy.newBuilder().setExternalJoin(join))));
    }

    public long message(Bytes message) {
        return send(f -> f.setSend(Send.newBuilder().setMessage(message.asByteString())));
    }

    public long commit(Bytes message) {
        return send(f -> f.setCommit(Commit.newBuilder().setMessage(message.asByteString())));
    }

    public long attach(GroupId group) {
        return send(f ->
                f.setAttach(
                        Attach.newBuilder()
                                .setCursor(
                                        Cursor.newBuilder()
                                                .setGroupId(group.bytes().asByteString()))));
    }

    /// The next frame that matches; others stay queued.
    public ServerFrame await(Predicate<ServerFrame> wanted) throws InterruptedException {
        for (int i = 0; i < passedOver.size(); i++) {
            if (wanted.test(passedOver.get(i))) {
                return passedOver.remove(i);
            }
        }
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            var frame = receiver.frames.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (frame == null) {
                throw new AssertionError(
                        "no such frame came; closed: " + receiver.closed + "; came: " + passedOver);
            }
            if (wanted.test(frame)) {
                return frame;
            }
            passedOver.add(frame);
        }
    }

    public Accepted accepted(long requestId) throws InterruptedException {
        var frame = await(f -> f.getRequestId() == requestId);
        assertThat(frame.getBodyCase())
                .as(frame.toString())
                .isEqualTo(ServerFrame.BodyCase.ACCEPTED);
        return frame.getAccepted();
    }

    public Refused refused(long requestId) throws InterruptedException {
        var frame = await(f -> f.getRequestId() == requestId);
        assertThat(frame.getBodyCase())
                .as(frame.toString())
                .isEqualTo(ServerFrame.BodyCase.REFUSED);
        return frame.getRefused();
    }

    public void assertRefused(long requestId, Code code) throws InterruptedException {
        assertThat(refused(requestId).getCode()).isEqualTo(code.wireName());
    }

    public void assertClosed(Code code) throws Exception {
        assertThat(receiver.closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(code.number());
        assertThat(receiver.closeReason.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(code.wireName());
    }

    /// @param reason the complete reason of the close frame
    public void assertClosed(Code code, String reason) throws Exception {
        assertThat(receiver.closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(code.number());
        assertThat(receiver.closeReason.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(reason);
    }

    public int closeStatus() throws Exception {
        return receiver.closed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    public boolean isClosed() {
        return receiver.closed.isDone();
    }

    @Override
    public void close() {
        webSocket.abort();
    }
}
