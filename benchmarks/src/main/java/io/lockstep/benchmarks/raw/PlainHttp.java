package io.lockstep.benchmarks.raw;

import io.lockstep.wire.Bytes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// HTTP/1.1 over a socket: one request, one answer. Unlike a library, it corrects nothing.
///
/// Threads: static methods; a socket is confined to the thread that opened it.
public final class PlainHttp {
    private PlainHttp() {}

    /// @param headers by lower-case name; the last value of a repeated name
    public record RawResponse(int status, Map<String, String> headers, Bytes bytes) {
        public String body() {
            return new String(bytes.toArray(), StandardCharsets.UTF_8);
        }
    }

    /// Connects to loopback from one of its addresses.
    public static Socket connect(int port, String from, int timeoutMillis) throws IOException {
        var socket = new Socket();
        try {
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeoutMillis);
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    public static RawResponse get(int port, String path, int timeoutMillis) throws IOException {
        return get(Connector.plain(port), path, timeoutMillis);
    }

    public static RawResponse get(Connector dial, String path, int timeoutMillis)
            throws IOException {
        return call(dial, "127.0.0.1", timeoutMillis, "GET", path, Map.of(), new byte[0]);
    }

    /// Sends one request on a separate connection.
    public static RawResponse call(
            Connector dial,
            String from,
            int timeoutMillis,
            String method,
            String path,
            Map<String, String> headers,
            byte[] body)
            throws IOException {
        try (var socket = dial.connect(from, timeoutMillis)) {
            var out = socket.getOutputStream();
            writeHead(out, method, path, headers, body.length);
            out.write(body);
            out.flush();
            return read(new BufferedInputStream(socket.getInputStream()));
        }
    }

    /// @param length of the body; 0: the head announces none
    public static void writeHead(
            OutputStream out, String method, String path, Map<String, String> headers, long length)
            throws IOException {
        var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nhost: 127.0.0.1\r\n");
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        if (length > 0) {
            head.append("content-length: ").append(length).append("\r\n");
        }
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    }

    /// Reads one answer: chunked, with a length, or up to the end of the connection.
    public static RawResponse read(InputStream in) throws IOException {
        var statusLine = line(in).split(" ", 3);
        if (statusLine.length < 2 || !statusLine[0].startsWith("HTTP/1.")) {
            throw new IOException("no status line: " + String.join(" ", statusLine));
        }
        int status = Integer.parseInt(statusLine[1]);
        var headers = new HashMap<String, String>();
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return new RawResponse(status, headers, Bytes.wrap(body(in, status, headers)));
    }

    private static byte[] body(InputStream in, int status, Map<String, String> headers)
            throws IOException {
        if (status == 101 || status == 204 || status == 304) {
            return new byte[0];
        }
        if (headers.getOrDefault("transfer-encoding", "").contains("chunked")) {
            var all = new ByteArrayOutputStream();
            for (; ; ) {
                int size = Integer.parseInt(line(in).split(";", 2)[0].strip(), 16);
                all.writeBytes(exactly(in, size));
                line(in);
                if (size == 0) {
                    return all.toByteArray();
                }
            }
        }
        var length = headers.get("content-length");
        return length == null ? in.readAllBytes() : exactly(in, Integer.parseInt(length));
    }

    private static byte[] exactly(InputStream in, int size) throws IOException {
        var bytes = in.readNBytes(size);
        if (bytes.length < size) {
            throw new EOFException("the answer was cut short");
        }
        return bytes;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) {
                throw new EOFException("closed before an answer: " + line);
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }
}
