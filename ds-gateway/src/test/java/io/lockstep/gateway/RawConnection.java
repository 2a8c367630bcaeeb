package io.lockstep.gateway;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.net.SocketFactory;

/// A plain socket, to send bytes that no library would send.
public final class RawConnection implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket;

    public RawConnection(TestServer server) throws IOException {
        this(server, SocketFactory.getDefault());
    }

    public RawConnection(TestServer server, SocketFactory sockets) throws IOException {
        socket =
                sockets.createSocket(
                        server.address.socket().getAddress(), server.address.socket().getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /// Requests a WebSocket upgrade and reads the head of the response.
    public String upgrade(String subprotocol) throws IOException {
        send(upgradeRequest(subprotocol));
        return head();
    }

    public static String upgradeRequest(String subprotocol) {
        return "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + Base64.getEncoder().encodeToString(new byte[16])
                + "\r\nSec-WebSocket-Protocol: "
                + subprotocol
                + "\r\n\r\n";
    }

    /// Up to the empty line.
    public String head() throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = socket.getInputStream().read();
            if (b < 0) {
                break;
            }
            head.append((char) b);
        }
        return head.toString();
    }

    /// Reads everything until the server closes.
    public String rest() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(bytes);
        } catch (java.net.SocketException e) {
            // Reset: what arrived before counts.
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    public int read() throws IOException {
        return socket.getInputStream().read();
    }

    public byte[] read(int count) throws IOException {
        return socket.getInputStream().readNBytes(count);
    }

    public void receiveBuffer(int bytes) throws IOException {
        socket.setReceiveBufferSize(bytes);
    }

    /// A masked WebSocket frame.
    ///
    /// @param first FIN, RSV and opcode
    public static byte[] frame(int first, byte[] payload) {
        var out = new ByteArrayOutputStream();
        out.write(first);
        if (payload.length <= 125) {
            out.write(0x80 | payload.length);
        } else if (payload.length <= 0xffff) {
            out.write(0x80 | 126);
            out.write(payload.length >> 8);
            out.write(payload.length);
        } else {
            out.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                out.write((int) ((long) payload.length >> shift));
            }
        }
        out.writeBytes(new byte[4]);
        out.writeBytes(payload);
        return out.toByteArray();
    }

    /// Ends with a reset instead of an orderly close.
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
