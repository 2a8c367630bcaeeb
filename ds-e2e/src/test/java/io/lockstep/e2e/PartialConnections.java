package io.lockstep.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Connections that each start a request and do not finish it, until all are closed.
final class PartialConnections implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 15_000;

    /// More than each minimum rate: the server must hold what has arrived, and may not close
    /// connections as slow.
    static final int DRIP_BYTES = 8 << 10;

    private final InetSocketAddress server;
    private final CountDownLatch end = new CountDownLatch(1);
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();

    /// @param server its address for clients
    PartialConnections(URI server) {
        this.server = new InetSocketAddress(server.getHost(), server.getPort());
    }

    /// The start of a request, handshake or message.
    @FunctionalInterface
    interface Beginning {
        void begin(Socket socket) throws IOException;
    }

    /// Connects from this loopback address, sends the start, and then a few more bytes each second.
    void start(String from, int dripBytes, Beginning beginning) {
        open.incrementAndGet();
        var _ = Thread.ofVirtual().start(() -> run(from, dripBytes, beginning));
    }

    private void run(String from, int dripBytes, Beginning beginning) {
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(server, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            beginning.begin(socket);
            var drip = new byte[dripBytes];
            Arrays.fill(drip, (byte) 'a');
            while (!end.await(1, TimeUnit.SECONDS)) {
                socket.getOutputStream().write(drip);
            }
        } catch (IOException e) {
            // The server closed this connection.
            lost.incrementAndGet();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.decrementAndGet();
        }
    }

    /// How many connections the server has closed.
    int lost() {
        return lost.get();
    }

    /// How many connections are still open.
    int open() {
        return open.get();
    }

    /// A request head without an end.
    static Beginning head() {
        return socket -> send(socket, "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Long: a");
    }

    /// The first `sent` bytes of a hello of this length.
    static Beginning hello(int length, int sent) {
        return socket -> {
            upgrade(socket);
            socket.getOutputStream().write(frame(length, new byte[sent]));
        };
    }

    /// A user's session, and the first `sent` bytes of a message of this length.
    static Beginning message(Supplier<byte[]> hello, int length, int sent) {
        return socket -> {
            upgrade(socket);
            var first = hello.get();
            socket.getOutputStream().write(frame(first.length, first));
            // The server answered: the client is authenticated.
            if (socket.getInputStream().read() != 0x82) {
                throw new IOException("no ready");
            }
            socket.getOutputStream().write(frame(length, new byte[sent]));
        };
    }

    /// The first `sent` bytes of this client's upload of this length.
    static Beginning body(String client, int length, int sent) {
        return socket -> {
            send(
                    socket,
                    "POST /v1/key-packages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer"
                            + " dev:"
                            + client
                            + "\r\nContent-Type: message/mls\r\nContent-Length: "
                            + length
                            + "\r\n\r\n");
            socket.getOutputStream().write(new byte[sent]);
        };
    }

    private static void upgrade(Socket socket) throws IOException {
        send(
                socket,
                "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade:"
                        + " websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                        + Base64.getEncoder().encodeToString(new byte[16])
                        + "\r\nSec-WebSocket-Protocol: lockstep.v1.proto\r\n\r\n");
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("ended in the head");
            }
            head.append((char) next);
        }
        if (!head.toString().startsWith("HTTP/1.1 101 ")) {
            throw new IOException("refused");
        }
    }

    /// The header of a masked binary frame of this length, and the start of the payload.
    private static byte[] frame(int length, byte[] beginning) {
        var out = new ByteArrayOutputStream();
        out.write(0x82);
        if (length <= 125) {
            out.write(0x80 | length);
        } else {
            // The length is over 65,535; otherwise this would not be the shortest form.
            out.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                out.write((int) ((long) length >> shift));
            }
        }
        out.writeBytes(new byte[4]);
        out.writeBytes(beginning);
        return out.toByteArray();
    }

    private static void send(Socket socket, String text) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Closes all connections.
    void closeAll() {
        end.countDown();
    }

    @Override
    public void close() {
        closeAll();
    }
}
