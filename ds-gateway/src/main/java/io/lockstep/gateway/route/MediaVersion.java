package io.lockstep.gateway.route;

import io.lockstep.gateway.http.Request;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Locale;
import java.util.OptionalInt;

/// Parses the parameter `version` of the media type `message/mls` (RFC 9420 §17.10). Absent or
/// `1.0` is MLS 1.0. Another version is the number of its ProtocolVersion, `2` or `2.0`.
final class MediaVersion {
    static final int MLS10 = 1;
    private static final int VERSION_MAX = 0xffff;
    private static final String NAME = "version=";

    private MediaVersion() {}

    /// @return empty if the parameter is not a version
    static OptionalInt of(Request request) {
        var type = request.header(HttpHeaderNames.CONTENT_TYPE).orElse("");
        for (var part : type.split(";", -1)) {
            var parameter = part.strip().toLowerCase(Locale.ROOT);
            if (parameter.startsWith(NAME)) {
                return number(parameter.substring(NAME.length()).replace("\"", ""));
            }
        }
        return OptionalInt.of(MLS10);
    }

    private static OptionalInt number(String text) {
        var major = text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
        if (!major.matches("[1-9][0-9]{0,4}") || Integer.parseInt(major) > VERSION_MAX) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(Integer.parseInt(major));
    }
}
