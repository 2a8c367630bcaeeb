package io.lockstep.wire.frame;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.netty.buffer.ByteBuf;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Encodes and decodes frames as ProtoJSON, one object per line.
final class JsonFrames {
    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().omittingInsignificantWhitespace();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private JsonFrames() {}

    static String encode(MessageOrBuilder frame) {
        try {
            return PRINTER.print(frame);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the schema has no Any, so printing cannot fail", e);
        }
    }

    static int utf8Size(MessageOrBuilder frame) {
        return encode(frame).getBytes(StandardCharsets.UTF_8).length;
    }

    static <T extends Message> List<T> decode(T prototype, ByteBuf payload)
            throws MalformedFrameException {
        var text = text(payload);
        var frames = new ArrayList<T>(1);
        int start = 0;
        while (start < text.length()) {
            if (frames.size() == FrameCodec.FRAMES_MAX) {
                throw FrameCodec.malformed(
                        "more than " + FrameCodec.FRAMES_MAX + " frames in a WebSocket message");
            }
            int lineFeed = text.indexOf('\n', start);
            int end = lineFeed < 0 ? text.length() : lineFeed;
            var line = text.substring(start, end);
            JsonSyntax.check(line);
            var builder = prototype.newBuilderForType();
            try {
                PARSER.merge(line, builder);
            } catch (InvalidProtocolBufferException e) {
                throw FrameCodec.malformed("a line is not a frame in ProtoJSON");
            }
            @SuppressWarnings("unchecked") // a prototype's builder builds its own type
            T frame = (T) builder.build();
            frames.add(frame);
            start = end + 1;
        }
        if (frames.isEmpty()) {
            throw FrameCodec.malformed("an empty WebSocket message");
        }
        return frames;
    }

    private static String text(ByteBuf payload) throws MalformedFrameException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(payload.nioBuffer())
                    .toString();
        } catch (CharacterCodingException e) {
            throw FrameCodec.malformed("text that is not UTF-8");
        }
    }
}
