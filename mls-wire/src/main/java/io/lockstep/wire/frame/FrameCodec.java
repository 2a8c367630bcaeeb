package io.lockstep.wire.frame;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Converts frames of the client protocol to and from the payload of WebSocket messages.
///
/// PROTO: each frame is preceded by its length in bytes, a base-128 varint in its shortest form.
/// JSON: each frame is one ProtoJSON object on a line of its own; the last line may lack its line
/// feed.
///
/// Decoding is strict about framing: a message contains 1 to [#FRAMES_MAX] whole frames, and every
/// client frame has a body. It ignores unknown fields, which later versions may add.
public final class FrameCodec {
    /// Maximum number of frames in one WebSocket message. A frame can be as short as 3 bytes, but
    /// its object takes more memory.
    public static final int FRAMES_MAX = 1024;

    /// Frames nest four deep. Unknown groups, which are skipped, may nest this deep.
    private static final int RECURSION_MAX = 16;

    private static final Parser<ClientFrame> CLIENT =
            DiscardUnknownFieldsParser.wrap(ClientFrame.parser());
    private static final Parser<ServerFrame> SERVER =
            DiscardUnknownFieldsParser.wrap(ServerFrame.parser());

    private FrameCodec() {}

    /// Decodes the frames of one WebSocket message from a client.
    ///
    /// @param payload borrowed; no index of it moves, and the frames do not reference it
    public static List<ClientFrame> decodeClient(FrameFormat format, ByteBuf payload)
            throws MalformedFrameException {
        var frames =
                switch (format) {
                    case PROTO -> decodeProto(CLIENT, payload);
                    case JSON -> JsonFrames.decode(ClientFrame.getDefaultInstance(), payload);
                };
        for (var frame : frames) {
            if (frame.getBodyCase() == ClientFrame.BodyCase.BODY_NOT_SET) {
                throw malformed("a frame without a body, or with an unknown body");
            }
        }
        return frames;
    }

    /// Decodes the frames of one WebSocket message from the server. A frame without a known body
    /// comes from a later version; a client skips it.
    ///
    /// @param payload borrowed; no index of it moves, and the frames do not reference it
    public static List<ServerFrame> decodeServer(FrameFormat format, ByteBuf payload)
            throws MalformedFrameException {
        return switch (format) {
            case PROTO -> decodeProto(SERVER, payload);
            case JSON -> JsonFrames.decode(ServerFrame.getDefaultInstance(), payload);
        };
    }

    /// Encodes one complete, unmasked WebSocket frame that contains one frame of this protocol.
    ///
    /// @return a buffer of exactly that size, released by the caller
    public static ByteBuf encode(
            FrameFormat format, ServerFrame frame, ByteBufAllocator allocator) {
        return switch (format) {
            case PROTO -> {
                int frameSize = frame.getSerializedSize();
                int payloadSize = CodedOutputStream.computeUInt32SizeNoTag(frameSize) + frameSize;
                int size = WebSocketHeader.size(payloadSize) + payloadSize;
                var target = allocator.directBuffer(size, size);
                WebSocketHeader.write(target, format, payloadSize);
                writeDelimited(target, frame, payloadSize);
                yield target;
            }
            case JSON -> {
                var json = JsonFrames.encode(frame).getBytes(StandardCharsets.UTF_8);
                int size = WebSocketHeader.size(json.length) + json.length;
                var target = allocator.directBuffer(size, size);
                WebSocketHeader.write(target, format, json.length);
                yield target.writeBytes(json);
            }
        };
    }

    /// Encodes the payload of a WebSocket message with one frame, which a client sends.
    public static byte[] encodePayload(FrameFormat format, ClientFrame frame) {
        return switch (format) {
            case PROTO -> {
                int frameSize = frame.getSerializedSize();
                var payload =
                        new byte[CodedOutputStream.computeUInt32SizeNoTag(frameSize) + frameSize];
                var out = CodedOutputStream.newInstance(payload);
                try {
                    out.writeUInt32NoTag(frameSize);
                    frame.writeTo(out);
                } catch (IOException e) {
                    throw new UncheckedIOException("an array of the computed size is full", e);
                }
                yield payload;
            }
            case JSON -> JsonFrames.encode(frame).getBytes(StandardCharsets.UTF_8);
        };
    }

    private static void writeDelimited(ByteBuf target, MessageLite frame, int size) {
        var out = CodedOutputStream.newInstance(target.nioBuffer(target.writerIndex(), size));
        try {
            out.writeUInt32NoTag(frame.getSerializedSize());
            frame.writeTo(out);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("a buffer of the computed size is full", e);
        }
        target.writerIndex(target.writerIndex() + size);
    }

    private static <T extends MessageLite> List<T> decodeProto(Parser<T> parser, ByteBuf payload)
            throws MalformedFrameException {
        var frames = new ArrayList<T>(1);
        int index = payload.readerIndex();
        int end = payload.writerIndex();
        if (index == end) {
            throw malformed("an empty WebSocket message");
        }
        while (index < end) {
            if (frames.size() == FRAMES_MAX) {
                throw malformed("more than " + FRAMES_MAX + " frames in a WebSocket message");
            }
            int length = 0;
            int shift = 0;
            int b;
            do {
                if (index == end || shift == 28) {
                    throw malformed("a frame length is not a varint of up to four bytes");
                }
                b = payload.getByte(index++);
                length |= (b & 0x7f) << shift;
                shift += 7;
            } while (b < 0);
            if (b == 0 && shift > 7) {
                throw malformed("a frame length is not in its shortest form");
            }
            if (length > end - index) {
                throw malformed(
                        "a frame of "
                                + length
                                + " bytes is announced and "
                                + (end - index)
                                + " are left");
            }
            frames.add(parse(parser, payload, index, length));
            index += length;
        }
        return frames;
    }

    private static <T extends MessageLite> T parse(
            Parser<T> parser, ByteBuf payload, int index, int length)
            throws MalformedFrameException {
        var in = CodedInputStream.newInstance(payload.nioBuffer(index, length));
        in.setRecursionLimit(RECURSION_MAX);
        try {
            var frame = parser.parseFrom(in);
            in.checkLastTagWas(0);
            return frame;
        } catch (InvalidProtocolBufferException e) {
            throw malformed("a frame is not a protobuf message of the schema");
        }
    }

    static MalformedFrameException malformed(String detail) {
        return new MalformedFrameException(detail);
    }
}
