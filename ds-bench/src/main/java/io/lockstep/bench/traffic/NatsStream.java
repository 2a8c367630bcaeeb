package io.lockstep.bench.traffic;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/// Parses the stream of a NATS server: lines, and after a line that begins with MSG a payload whose
/// length is that line's last word.
final class NatsStream {
    static final String SUBJECT = "bench";
    static final byte[] SUBSCRIBE =
            Receiver.ascii(
                    "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB "
                            + SUBJECT
                            + " 1\r\nPING\r\n");

    private final Receiver receiver;
    private final ByteBuf stream = Unpooled.buffer(0);

    NatsStream(Receiver receiver) {
        this.receiver = receiver;
    }

    /// Returns the bytes that publish one message.
    static byte[] publication(byte[] message) {
        var line = Receiver.ascii("PUB " + SUBJECT + " " + message.length + "\r\n");
        var all = Unpooled.buffer(line.length + message.length + 2);
        all.writeBytes(line).writeBytes(message).writeShort(0x0d0a);
        return all.array();
    }

    void add(ByteBuf in, int index, int length, long now) {
        stream.writeBytes(in, index, length);
        while (next(now)) {
            // goes on
        }
        stream.discardReadBytes();
    }

    private boolean next(long now) {
        int end = stream.indexOf(stream.readerIndex(), stream.writerIndex(), (byte) '\r');
        if (end < 0 || end + 2 > stream.writerIndex()) {
            return false;
        }
        int start = stream.readerIndex();
        var line = stream.toString(start, end - start, StandardCharsets.US_ASCII);
        if (line.startsWith("MSG ")) {
            int size = Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
            if (stream.writerIndex() - end - 2 < size + 2) {
                return false;
            }
            receiver.streamed(stream, end + 2, size, now);
            stream.readerIndex(end + 2 + size + 2);
            return true;
        }
        stream.readerIndex(end + 2);
        if (line.equals("PING")) {
            receiver.send(Receiver.ascii("PONG\r\n"));
        } else if (line.equals("PONG")) {
            receiver.live();
        } else if (line.startsWith("-ERR")) {
            receiver.fault(line);
        }
        return true;
    }

    void release() {
        stream.release();
    }
}
