package io.lockstep.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// The client's side of the two frame encodings.
final class ClientFrames {
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().omittingInsignificantWhitespace();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private ClientFrames() {}

    /// One WebSocket message with one frame; the caller owns it.
    static WebSocketFrame encode(
            ClientFrame frame, FrameFormat format, ByteBufAllocator allocator) {
        var buffer = allocator.ioBuffer();
        try (var out = new ByteBufOutputStream(buffer)) {
            return switch (format) {
                case PROTO -> {
                    frame.writeDelimitedTo(out);
                    yield new BinaryWebSocketFrame(buffer);
                }
                case JSON -> {
                    out.write(PRINTER.print(frame).getBytes(StandardCharsets.UTF_8));
                    yield new TextWebSocketFrame(buffer);
                }
            };
        } catch (IOException e) {
            buffer.release();
            throw new UncheckedIOException(e);
        }
    }

    /// Hands on each frame of one WebSocket message; borrows the buffer.
    static void decode(ByteBuf message, FrameFormat format, Consumer<ServerFrame> each)
            throws InvalidProtocolBufferException {
        switch (format) {
            case PROTO -> decodeDelimited(message, each);
            case JSON -> {
                for (var line : message.toString(StandardCharsets.UTF_8).split("\n", -1)) {
                    if (!line.isBlank()) {
                        var frame = ServerFrame.newBuilder();
                        PARSER.merge(line, frame);
                        each.accept(frame.build());
                    }
                }
            }
        }
    }

    private static void decodeDelimited(ByteBuf message, Consumer<ServerFrame> each)
            throws InvalidProtocolBufferException {
        try (var in = new ByteBufInputStream(message)) {
            while (in.available() > 0) {
                each.accept(ServerFrame.parseDelimitedFrom(in));
            }
        } catch (InvalidProtocolBufferException e) {
            throw e;
        } catch (IOException e) {
            throw new InvalidProtocolBufferException(e);
        }
    }
}
