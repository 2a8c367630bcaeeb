package io.lockstep.e2e;

import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.ServerFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/// Measures the size of a device's first inbox item on the wire. It connects with a bare WebSocket
/// and acknowledges nothing.
final class InboxWireSize implements WebSocket.Listener {
    private static final int LONGEST_SHORT_PAYLOAD = 125;

    private final ByteArrayOutputStream message = new ByteArrayOutputStream();
    private final CompletableFuture<Integer> size = new CompletableFuture<>();

    private InboxWireSize() {}

    /// @return bytes of the WebSocket frame with the first item, its header included
    static int of(HttpClient http, KillableServer server, String device) {
        var listener = new InboxWireSize();
        var socket =
                http.newWebSocketBuilder()
                        .subprotocols("lockstep.v1.proto")
                        .buildAsync(server.webSocket(), listener)
                        .join();
        try {
            var hello =
                    ClientFrame.newBuilder()
                            .setHello(Hello.newBuilder().setToken("dev:" + device))
                            .build();
            var bytes = new ByteArrayOutputStream();
            hello.writeDelimitedTo(bytes);
            socket.sendBinary(ByteBuffer.wrap(bytes.toByteArray()), true).join();
            return listener.size.orTimeout(30, TimeUnit.SECONDS).join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            socket.abort();
        }
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
        var part = new byte[data.remaining()];
        data.get(part);
        message.writeBytes(part);
        if (last) {
            whole(message.toByteArray());
            message.reset();
        }
        socket.request(1);
        return CompletableFuture.completedFuture(null);
    }

    private void whole(byte[] payload) {
        try {
            if (ServerFrame.parseDelimitedFrom(new ByteArrayInputStream(payload)).hasInbox()) {
                size.complete(payload.length + (payload.length > LONGEST_SHORT_PAYLOAD ? 4 : 2));
            }
        } catch (IOException e) {
            size.completeExceptionally(e);
        }
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        size.completeExceptionally(error);
    }
}
