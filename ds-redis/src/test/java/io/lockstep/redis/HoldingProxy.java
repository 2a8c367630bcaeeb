package io.lockstep.redis;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// A proxy between a node and Redis. It holds back the replies on one connection of the node, found
/// by its client name, as if a reply were endless.
final class HoldingProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final ServerSocket listening =
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private final int redisPort;
    private volatile String held = "";

    HoldingProxy(int redisPort) throws IOException {
        this.redisPort = redisPort;
        threads.execute(this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    /// From now on no reply on this connection arrives.
    void hold(String clientName) {
        held = clientName;
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                var client = listening.accept();
                var redis = new Socket(InetAddress.getLoopbackAddress(), redisPort);
                sockets.addAll(List.of(client, redis));
                var connection = new Connection(client, redis);
                threads.execute(connection::queries);
                threads.execute(connection::answers);
            } catch (IOException e) {
                return;
            }
        }
    }

    private final class Connection {
        private final Socket client;
        private final Socket redis;
        private final StringBuilder said = new StringBuilder();

        Connection(Socket client, Socket redis) {
            this.client = client;
            this.redis = redis;
        }

        void queries() {
            try {
                copy(
                        client.getInputStream(),
                        (bytes, n) -> {
                            note(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                            redis.getOutputStream().write(bytes, 0, n);
                        });
            } catch (IOException e) {
                // The connection ended.
            }
        }

        private synchronized void note(String text) {
            if (said.length() < BUFFER_BYTES) {
                said.append(text);
            }
        }

        private synchronized boolean isHeld() {
            return !held.isEmpty() && said.indexOf(held) >= 0;
        }

        void answers() {
            try {
                copy(
                        redis.getInputStream(),
                        (bytes, n) -> {
                            if (isHeld()) {
                                released.await();
                            }
                            client.getOutputStream().write(bytes, 0, n);
                        });
            } catch (IOException e) {
                // The connection ended.
            }
        }
    }

    private interface Sink {
        void take(byte[] bytes, int count) throws IOException, InterruptedException;
    }

    private static void copy(InputStream from, Sink to) throws IOException {
        var bytes = new byte[BUFFER_BYTES];
        try {
            for (int n = from.read(bytes); n >= 0; n = from.read(bytes)) {
                to.take(bytes, n);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        released.countDown();
        for (var socket : sockets) {
            socket.close();
        }
        threads.shutdownNow();
    }
}
