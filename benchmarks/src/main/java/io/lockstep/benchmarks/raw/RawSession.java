package io.lockstep.benchmarks.raw;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.ServerFrame;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;

/// A session over a blocking socket, which can send any bytes.
///
/// Threads: one may read while others write.
public final class RawSession implements AutoCloseable {
    public static final int CONTINUATION = 0;
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private final Socket socket;
    private final FrameFormat format;
    private final InputStream in;
    private final OutputStream out;
    private final Queue<ServerFrame> received = new ArrayDeque<>();

    private RawSession(Socket socket, FrameFormat format) throws IOException {
        this.socket = socket;
        this.format = format;
        in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
        out = socket.getOutputStream();
    }

    /// The server closed the WebSocket.
    public static final class ClosedException extends IOException {
        private static final long serialVersionUID = 1;
        private final int code;

        ClosedException(int code, String reason) {
            super("closed with " + code + " " + reason);
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    /// One WebSocket frame of the server.
    public record Received(int opcode, boolean last, Bytes payload) {}

    /// Upgrades a connection, and closes it on failure.
    public static RawSession upgrade(Socket socket, FrameFormat format) throws IOException {
        try {
            var session = new RawSession(socket, format);
            PlainHttp.writeHead(
                    session.out,
                    "GET",
                    "/v1/ws",
                    Map.of(
                            "connection", "Upgrade",
                            "upgrade", "websocket",
                            "sec-websocket-version", "13",
                            "sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==",
                            "sec-websocket-protocol", format.subprotocol()),
                    0);
            var answer = PlainHttp.read(session.in);
            if (answer.status() != 101) {
                throw new IOException("upgrade refused with " + answer.status());
            }
            return session;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /// Connects and waits for `ready`.
    public static RawSession open(Connector dial, String from, String token, int timeoutMillis)
            throws IOException {
        var session = upgrade(dial.connect(from, timeoutMillis), FrameFormat.PROTO);
        try {
            session.hello(token);
            return session;
        } catch (IOException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /// Sends `hello` and waits for `ready`.
    public void hello(String token) throws IOException {
        send(ClientFrame.newBuilder().setHello(Hello.newBuilder().setToken(token)).build());
        while (receive().getBodyCase() != ServerFrame.BodyCase.READY) {
            // Skip other frames.
        }
    }

    public Socket socket() {
        return socket;
    }

    /// Sends frames in one WebSocket message.
    public void send(ClientFrame... frames) throws IOException {
        var payload = new ByteArrayOutputStream();
        for (var frame : frames) {
            if (format == FrameFormat.JSON && payload.size() > 0) {
                payload.write('\n');
            }
            payload.writeBytes(FrameCodec.encodePayload(format, frame));
        }
        write(webSocket(format == FrameFormat.JSON ? TEXT : BINARY, true, payload.toByteArray()));
    }

    /// Writes bytes unchanged.
    public void write(byte[] bytes) throws IOException {
        synchronized (out) {
            out.write(bytes);
            out.flush();
        }
    }

    /// A client's WebSocket frame (RFC 6455 §5.2), masked with zeros.
    public static byte[] webSocket(int opcode, boolean last, byte[] payload) {
        var frame = new ByteArrayOutputStream(payload.length + 14);
        frame.writeBytes(header(opcode, last, payload.length));
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    /// The header of a client's WebSocket frame with a payload of `length` bytes.
    public static byte[] header(int opcode, boolean last, long length) {
        var header = new ByteArrayOutputStream(14);
        header.write((last ? 0x80 : 0) | opcode);
        if (length < 126) {
            header.write(0x80 | (int) length);
        } else if (length < 1 << 16) {
            header.write(0x80 | 126);
            header.write((int) (length >> 8));
            header.write((int) length);
        } else {
            header.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                header.write((int) (length >> shift));
            }
        }
        header.writeBytes(new byte[4]);
        return header.toByteArray();
    }

    /// The next frame of the client protocol; answers pings in the meantime.
    public ServerFrame receive() throws IOException {
        for (; ; ) {
            var next = received.poll();
            if (next == null) {
                readMessage();
            } else if (next.hasPing()) {
                var pong = Pong.newBuilder().setNonce(next.getPing().getNonce());
                send(ClientFrame.newBuilder().setPong(pong).build());
            } else {
                return next;
            }
        }
    }

    private void readMessage() throws IOException {
        var frame = receiveRaw();
        switch (frame.opcode()) {
            case CLOSE -> throw closed(frame.payload().toArray());
            case PING -> write(webSocket(PONG, true, frame.payload().toArray()));
            case TEXT, BINARY -> {
                try {
                    received.addAll(FrameCodec.decodeServer(format, frame.payload().asByteBuf()));
                } catch (MalformedFrameException e) {
                    throw new IOException("the server sent an invalid frame", e);
                }
            }
            default -> {}
        }
    }

    private static ClosedException closed(byte[] payload) {
        int code = payload.length < 2 ? 1005 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
        var reason =
                payload.length < 2
                        ? ""
                        : new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8);
        return new ClosedException(code, reason);
    }

    /// The next WebSocket frame.
    public Received receiveRaw() throws IOException {
        int first = octet();
        int second = octet();
        long length = second & 0x7f;
        if (length == 126) {
            length = (long) octet() << 8 | octet();
        } else if (length == 127) {
            length = 0;
            for (int i = 0; i < 8; i++) {
                length = length << 8 | octet();
            }
        }
        if (length > 1 << 26) {
            throw new IOException("the server sent a frame of " + length + " bytes");
        }
        var payload = in.readNBytes((int) length);
        if (payload.length < length) {
            throw new EOFException("closed within a frame");
        }
        return new Received(first & 0xf, (first & 0x80) != 0, Bytes.wrap(payload));
    }

    private int octet() throws IOException {
        int octet = in.read();
        if (octet < 0) {
            throw new EOFException("closed without a close frame");
        }
        return octet;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // The connection is gone in any case.
        }
    }
}
