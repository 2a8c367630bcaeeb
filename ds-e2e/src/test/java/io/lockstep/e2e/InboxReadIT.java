package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.ServerFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A device whose inbox is full connects. Redis must not send much more than the device gets.
final class InboxReadIT {
    private static final int ITEMS = 900;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final ClientId BOB = new ClientId("bob", "phone");

    @TempDir private Path folder;

    /// Bug: the inbox was read whole for each item: 482 MB for 30 of them.
    @Test
    void redisSendsAFullInboxOnce() throws Exception {
        try (var server = KillableServer.start(folder);
                var redis = RedisConnections.open(server.redis(), RedisSettings.DEFAULT);
                var http = HttpClient.newHttpClient()) {
            var key = Files.readString(folder.resolve("deployment.key")).strip();
            long size = fill(new RedisInboxStore(redis, DeploymentKey.of(Bytes.ofHex(key))));
            long before = bytesSent(redis);
            long begun = System.nanoTime();
            var device = new FullInboxReader();
            var socket =
                    http.newWebSocketBuilder()
                            .subprotocols("lockstep.v1.proto")
                            .buildAsync(server.webSocket(), device)
                            .join();
            FullInboxReader.hello(socket);
            device.first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            long first = System.nanoTime() - begun;
            device.all.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            long bytes = bytesSent(redis) - before;
            // Otherwise the close of the HTTP client waits until the server finds the session
            // silent.
            socket.abort();
            System.out.printf(
                    "%d items of %d bytes: first after %d ms, all after %d ms, Redis sent %d"
                            + " bytes%n",
                    ITEMS,
                    size,
                    TimeUnit.NANOSECONDS.toMillis(first),
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                    bytes);
            assertThat(bytes).isLessThan(2 * size);
        }
    }

    private static long fill(RedisInboxStore store) {
        long size = 0;
        for (int sender = 0; sender < 3; sender++) {
            var items = new ArrayList<InboxItem>();
            for (int i = 0; i < ITEMS / 3; i++) {
                var name = "item " + sender + " " + i;
                var hash = Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)).sha256();
                var welcome = Bytes.wrap(new byte[1_000 + i % 3 * 500]);
                size += welcome.size();
                items.add(
                        new InboxItem(
                                hash.slice(0, 16),
                                new GroupId(hash),
                                new LogPosition(hash.slice(16, 16), 7, hash),
                                3,
                                hash,
                                welcome));
            }
            store.file(Bytes.wrap(new byte[] {(byte) sender}), Map.of(BOB, items)).block(PATIENCE);
        }
        return size;
    }

    private static long bytesSent(RedisConnections redis) {
        return redis.bulk()
                .send(commands -> commands.info("stats"))
                .blockOptional(PATIENCE)
                .orElseThrow()
                .lines()
                .filter(line -> line.startsWith("total_net_output_bytes:"))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElseThrow();
    }

    /// Reads one WebSocket message after the other and acknowledges nothing.
    private static final class FullInboxReader implements WebSocket.Listener {
        final CompletableFuture<Void> first = new CompletableFuture<>();
        final CompletableFuture<Void> all = new CompletableFuture<>();
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private final List<Bytes> ids = new ArrayList<>();

        static void hello(WebSocket socket) {
            var hello =
                    ClientFrame.newBuilder()
                            .setHello(Hello.newBuilder().setToken("dev:" + BOB))
                            .build();
            var bytes = new ByteArrayOutputStream();
            try {
                hello.writeDelimitedTo(bytes);
            } catch (IOException e) {
                throw new IllegalStateException("a stream in memory does not fail", e);
            }
            socket.sendBinary(ByteBuffer.wrap(bytes.toByteArray()), true).join();
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            var part = new byte[data.remaining()];
            data.get(part);
            message.writeBytes(part);
            if (last) {
                read(message.toByteArray());
                message.reset();
            }
            socket.request(1);
            return CompletableFuture.completedFuture(null);
        }

        private void read(byte[] payload) {
            var in = new ByteArrayInputStream(payload);
            try {
                while (in.available() > 0) {
                    var frame = ServerFrame.parseDelimitedFrom(in);
                    if (frame.hasInbox()) {
                        ids.add(Bytes.of(frame.getInbox().getId()));
                        first.complete(null);
                    }
                }
            } catch (IOException e) {
                all.completeExceptionally(e);
            }
            if (ids.size() == ITEMS) {
                all.complete(null);
            }
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            first.completeExceptionally(error);
            all.completeExceptionally(error);
        }
    }
}
