package io.lockstep.wire.frame;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/// Checks that a text is exactly one JSON object by RFC 8259.
///
/// The parser behind ProtoJSON is lenient: it accepts comments, names without quotes, `;` for `,`,
/// text after the object, and duplicate names. This class refuses all of these before the parser
/// sees the text. It also refuses nesting beyond [#DEPTH_MAX] and strings that are not Unicode (RFC
/// 7493 §2.1).
final class JsonSyntax {
    /// Frames of the schema nest seven deep, arrays included. Unknown fields may nest this deep.
    static final int DEPTH_MAX = 16;

    /// The size of a frame limits names, strings and numbers; this parser keeps none of them. It
    /// has no table of names, because unknown fields would fill it.
    private static final JsonFactory FACTORY =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                    .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder()
                                    .maxNestingDepth(DEPTH_MAX)
                                    .maxNameLength(Integer.MAX_VALUE)
                                    .maxStringLength(Integer.MAX_VALUE)
                                    .maxNumberLength(Integer.MAX_VALUE)
                                    .build())
                    .build();

    private JsonSyntax() {}

    static void check(String text) throws MalformedFrameException {
        // Text decoded from UTF-8 contains half a surrogate pair only as an escape.
        boolean escapes = text.indexOf('\\') >= 0;
        try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw malformed(parser, "expected an object");
            }
            for (int depth = 1; depth > 0; ) {
                switch (parser.nextToken()) {
                    case START_OBJECT, START_ARRAY -> depth++;
                    case END_OBJECT, END_ARRAY -> depth--;
                    case PROPERTY_NAME, VALUE_STRING -> {
                        if (escapes) {
                            requireUnicode(parser);
                        }
                    }
                    case null, default -> {}
                }
            }
            if (parser.nextToken() != null) {
                throw malformed(parser, "text after the object");
            }
        } catch (StreamConstraintsException _) {
            throw FrameCodec.malformed("nesting deeper than " + DEPTH_MAX);
        } catch (JacksonException e) {
            throw FrameCodec.malformed(
                    "not JSON, or a duplicate name, at character "
                            + e.getLocation().getCharOffset());
        }
    }

    private static void requireUnicode(JsonParser parser) throws MalformedFrameException {
        var string = parser.getString();
        for (int i = 0; i < string.length(); i++) {
            int point = string.codePointAt(i);
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw malformed(parser, "half of a surrogate pair");
            }
            i += Character.charCount(point) - 1;
        }
    }

    private static MalformedFrameException malformed(JsonParser parser, String detail) {
        return FrameCodec.malformed(
                "not JSON at character "
                        + parser.currentLocation().getCharOffset()
                        + ": "
                        + detail);
    }
}
