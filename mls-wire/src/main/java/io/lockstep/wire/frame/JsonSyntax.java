package io.lockstep.wire.frame;

import java.util.HashSet;

/// Checks that a text is one JSON object by RFC 8259 and nothing else.
///
/// The parser behind ProtoJSON is lenient: it takes comments, names without quotes, `;` for `,`, a text
/// after the object, and a name given twice. All that is refused here, before it sees the text; so are
/// nesting beyond [#DEPTH_MAX] and strings that are not Unicode (RFC 7493 §2.1).
final class JsonSyntax {
    /// Frames of the schema nest seven deep with their arrays; unknown fields may nest as deep as this.
    static final int DEPTH_MAX = 16;

    private final String text;
    private int at;
    private int depth;

    private JsonSyntax(String text) {
        this.text = text;
    }

    static void check(String text) throws MalformedFrameException {
        var syntax = new JsonSyntax(text);
        syntax.space();
        if (syntax.peek() != '{') {
            throw syntax.malformed("an object is due");
        }
        syntax.value();
        syntax.space();
        if (syntax.at < text.length()) {
            throw syntax.malformed("text after the object");
        }
    }

    /// Recurses at most [#DEPTH_MAX] times.
    private void value() throws MalformedFrameException {
        switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> number();
        }
    }

    private void object() throws MalformedFrameException {
        open();
        var names = new HashSet<String>();
        space();
        if (peek() != '}') {
            while (true) {
                space();
                if (!names.add(string())) {
                    throw malformed("a name given twice");
                }
                space();
                expect(':');
                space();
                value();
                space();
                if (peek() != ',') {
                    break;
                }
                at++;
            }
        }
        expect('}');
        depth--;
    }

    private void array() throws MalformedFrameException {
        open();
        space();
        if (peek() != ']') {
            while (true) {
                space();
                value();
                space();
                if (peek() != ',') {
                    break;
                }
                at++;
            }
        }
        expect(']');
        depth--;
    }

    private void open() throws MalformedFrameException {
        at++;
        if (++depth > DEPTH_MAX) {
            throw malformed("nesting deeper than " + DEPTH_MAX);
        }
    }

    /// @return the string as it is written, or as it is meant where it has escapes
    private String string() throws MalformedFrameException {
        expect('"');
        int start = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                return text.substring(start, at++);
            }
            if (c == '\\') {
                return escapedString(new StringBuilder().append(text, start, at));
            }
            if (c < 0x20) {
                throw malformed("a control character in a string");
            }
            at++;
        }
        throw malformed("a string without an end");
    }

    private String escapedString(StringBuilder unescaped) throws MalformedFrameException {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return requireUnicode(unescaped.toString());
            }
            if (c < 0x20) {
                throw malformed("a control character in a string");
            }
            unescaped.append(c == '\\' ? escape() : c);
        }
        throw malformed("a string without an end");
    }

    private char escape() throws MalformedFrameException {
        char c = peek();
        at++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int unit = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(peek(), 16);
                    if (digit < 0 || peek() > 'f') {
                        throw malformed("an escape without four hexadecimal digits");
                    }
                    unit = unit << 4 | digit;
                    at++;
                }
                yield (char) unit;
            }
            default -> throw malformed("an unknown escape");
        };
    }

    private String requireUnicode(String string) throws MalformedFrameException {
        for (int i = 0; i < string.length(); i++) {
            int point = string.codePointAt(i);
            if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                throw malformed("half of a surrogate pair");
            }
            i += Character.charCount(point) - 1;
        }
        return string;
    }

    private void number() throws MalformedFrameException {
        if (peek() == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
    }

    private void digits() throws MalformedFrameException {
        int start = at;
        while (peek() >= '0' && peek() <= '9') {
            at++;
        }
        if (at == start) {
            throw malformed("a value is due");
        }
    }

    private void word(String word) throws MalformedFrameException {
        if (!text.startsWith(word, at)) {
            throw malformed("a value is due");
        }
        at += word.length();
    }

    private void expect(char c) throws MalformedFrameException {
        if (peek() != c) {
            throw malformed("'" + c + "' is due");
        }
        at++;
    }

    /// NUL at the end, which no JSON text holds.
    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private MalformedFrameException malformed(String detail) {
        return FrameCodec.malformed("not JSON at character " + at + ": " + detail);
    }
}
