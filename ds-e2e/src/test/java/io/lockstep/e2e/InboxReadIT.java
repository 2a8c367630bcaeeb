package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Devices whose inboxes are full connect, one after the other. Redis must not send much more than
/// they get. `-Dlockstep.inbox.devices=11` for 9,900 items: an inbox holds about a thousand.
final class InboxReadIT {
    private static final int ITEMS = 900;
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final int DEVICES = Integer.getInteger("lockstep.inbox.devices", 1);

    /// Sessions of each device.
    private static final int ROUNDS = DEVICES == 1 ? 1 : 10;

    @TempDir private Path folder;

    /// Bug: the inbox was read whole for each item: 482 MB for 30 of them.
    @Test
    void redisSendsAFullInboxOnce() throws Exception {
        try (var server = KillableServer.start(folder);
                var redis = RedisConnections.open(server.redis(), RedisSettings.DEFAULT);
                var http = HttpClient.newHttpClient()) {
            var key = Files.readString(folder.resolve("deployment.key")).strip();
            var keyring =
                    DeploymentGuard.check(
                            redis, DeploymentKeys.of(DeploymentKey.of(Bytes.ofHex(key))));
            var store = new RedisInboxStore(redis, keyring);
            long size = devices().mapToLong(device -> fill(store, device)).sum();
            long before = bytesSent(redis);
            var first = new ArrayList<Long>();
            var all = new ArrayList<Long>();
            for (int round = 0; round < ROUNDS; round++) {
                for (var device : devices().toList()) {
                    read(http, server, device, first, all);
                }
            }
            long bytes = bytesSent(redis) - before;
            System.out.printf(
                    "%d devices, %d items each, %d sessions of each device%n"
                            + "hello to the first item: p50 %d ms, p99 %d ms, max %d ms%n"
                            + "hello to the last item: p50 %d ms, p99 %d ms, max %d ms%n"
                            + "bytes that Redis sent for each byte of a Welcome: %.2f%n",
                    DEVICES,
                    ITEMS,
                    ROUNDS,
                    percentile(first, 50),
                    percentile(first, 99),
                    percentile(first, 100),
                    percentile(all, 50),
                    percentile(all, 99),
                    percentile(all, 100),
                    (double) bytes / size / ROUNDS);
            assertThat(bytes).isLessThan(2 * size * ROUNDS);
        }
    }

    private static Stream<ClientId> devices() {
        return IntStream.range(0, DEVICES).mapToObj(i -> new ClientId("bob" + i, "phone"));
    }

    private static void read(
            HttpClient http,
            KillableServer server,
            ClientId device,
            List<Long> first,
            List<Long> all)
            throws Exception {
        var reader = new FullInboxReader();
        var socket =
                http.newWebSocketBuilder()
                        .subprotocols("lockstep.v1.proto")
                        .buildAsync(server.webSocket(), reader)
                        .join();
        long begun = System.nanoTime();
        FullInboxReader.hello(socket, device);
        reader.first.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        first.add(System.nanoTime() - begun);
        reader.all.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        all.add(System.nanoTime() - begun);
        // Otherwise the close of the HTTP client waits until the server finds the session silent.
        socket.abort();
    }

    private static long percentile(List<Long> nanos, int percent) {
        var sorted = nanos.stream().sorted().toList();
        int index = Math.ceilDiv(sorted.size() * percent, 100) - 1;
        return TimeUnit.NANOSECONDS.toMillis(sorted.get(index));
    }

    private static long fill(RedisInboxStore store, ClientId device) {
        long size = 0;
        for (int sender = 0; sender < 3; sender++) {
            var items = new ArrayList<InboxItem>();
            for (int i = 0; i < ITEMS / 3; i++) {
                var name = device + " " + sender + " " + i;
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
            store.file(Bytes.wrap(new byte[] {(byte) sender}), Map.of(device, items))
                    .block(PATIENCE);
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

        static void hello(WebSocket socket, ClientId device) {
            var hello =
                    ClientFrame.newBuilder()
                            .setHello(Hello.newBuilder().setToken("dev:" + device))
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
