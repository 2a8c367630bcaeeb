package io.lockstep.cli;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// A group named in an argument of a command. Ids of other clients are not text, so a name may also
/// be `hex:…` or `base64url:…`.
final class GroupArgument {
    private static final String HEX = "hex:";
    private static final String BASE64URL = "base64url:";

    private GroupArgument() {}

    static GroupId parse(String name) {
        try {
            if (name.startsWith(HEX)) {
                return groupOf(Bytes.ofHex(name.substring(HEX.length())));
            }
            if (name.startsWith(BASE64URL)) {
                return ofPath(name.substring(BASE64URL.length()));
            }
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("the group \"" + name + "\" cannot be decoded");
        }
        return groupOf(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
    }

    private static GroupId groupOf(Bytes bytes) {
        if (bytes.isEmpty() || bytes.size() > GroupId.BYTES_MAX) {
            throw new CommandFailure("a group's name has 1 to 255 bytes");
        }
        return new GroupId(bytes);
    }

    /// The name that [#parse] reads: the text if the id is one, else its base64url.
    static String write(GroupId group) {
        try {
            var text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(group.bytes().toArray()))
                            .toString();
            if (text.equals(History.printable(text))
                    && !text.startsWith(HEX)
                    && !text.startsWith(BASE64URL)) {
                return text;
            }
        } catch (CharacterCodingException _) {
            // It is no text.
        }
        return BASE64URL + path(group);
    }

    /// The id in a path of HTTP.
    static String path(GroupId group) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
    }

    /// @throws IllegalArgumentException if it is not base64url
    static GroupId ofPath(String base64Url) {
        return groupOf(Bytes.wrap(Base64.getUrlDecoder().decode(base64Url)));
    }
}
