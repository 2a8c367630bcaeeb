package io.lockstep.gateway.route;

import io.lockstep.gateway.http.ProblemDetails;
import io.lockstep.gateway.http.Request;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A response with immutable bytes that are named by their hash: all of them or a range (RFC 9110
/// §14), sent in chunks.
final class BlobResponse {
    /// Bytes of one chunk.
    private static final int PART_BYTES = 64 << 10;

    private static final String IMMUTABLE = "private, max-age=31536000, immutable";
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    private BlobResponse() {}

    /// Reads chunks of long bytes while they are sent. It must not hold all of the bytes, because a
    /// slow reader would keep them in memory.
    interface ChunkSource {
        Mono<Bytes> at(int from, int length);
    }

    static String etag(Bytes sha256) {
        return '"' + sha256.hex() + '"';
    }

    /// Whether the client already has the bytes (RFC 9110 §13.1.2).
    static boolean isKnown(Request request, Bytes sha256) {
        return request.header("if-none-match").orElse("").contains(etag(sha256));
    }

    static RouteResponse notModified(Bytes sha256) {
        return new RouteResponse(304, "", Bytes.EMPTY, headers(sha256, Map.of()));
    }

    static RouteResponse of(
            Request request,
            String contentType,
            Bytes sha256,
            Bytes content,
            ChunkSource parts,
            Map<String, String> moreHeaders) {
        var headers = headers(sha256, moreHeaders);
        var asked =
                request.header("if-range").map(etag(sha256)::equals).orElse(true)
                        ? request.header("range").flatMap(text -> Range.parse(text, content.size()))
                        : Optional.<Range>empty();
        if (asked.isEmpty()) {
            return new RouteResponse(
                    200, contentType, content(content, 0, content.size(), parts), headers);
        }
        var range = asked.get();
        if (range.isEmpty()) {
            return ProblemDetails.of(
                    Code.INVALID_REQUEST,
                    416,
                    "the range begins after the end",
                    Map.of("content-range", "bytes */" + content.size()));
        }
        headers.put(
                "content-range",
                "bytes " + range.from + "-" + (range.until - 1) + "/" + content.size());
        return new RouteResponse(
                206, contentType, content(content, range.from, range.until, parts), headers);
    }

    /// Long bytes in chunks, short ones at once.
    static RouteResponse.ResponseContent content(Bytes bytes, ChunkSource parts) {
        return content(bytes, 0, bytes.size(), parts);
    }

    private static RouteResponse.ResponseContent content(
            Bytes bytes, int from, int until, ChunkSource parts) {
        if (until - from <= PART_BYTES) {
            return new RouteResponse.ResponseContent.FullContent(bytes.slice(from, until - from));
        }
        return new RouteResponse.ResponseContent.Streamed(
                OptionalLong.of(until - from), stream(from, until, parts));
    }

    /// Long bytes in chunks, after a short head.
    static RouteResponse.ResponseContent content(Bytes head, int size, ChunkSource parts) {
        return new RouteResponse.ResponseContent.Streamed(
                OptionalLong.of((long) head.size() + size),
                Flux.concat(Flux.just(head), stream(0, size, parts)));
    }

    private static Flux<Bytes> stream(int from, int until, ChunkSource parts) {
        int count = (until - from + PART_BYTES - 1) / PART_BYTES;
        return Flux.range(0, count)
                .map(i -> from + i * PART_BYTES)
                .concatMap(
                        at ->
                                parts.at(at, Math.min(PART_BYTES, until - at))
                                        .switchIfEmpty(
                                                Mono.error(() ->
                                                        new IllegalStateException(
                                                                "a blob is missing in the store"))),
                        1);
    }

    private static Map<String, String> headers(Bytes sha256, Map<String, String> more) {
        var headers = new HashMap<String, String>();
        headers.put("etag", etag(sha256));
        headers.put("cache-control", IMMUTABLE);
        headers.put("accept-ranges", "bytes");
        headers.putAll(more);
        return headers;
    }

    /// @param until the first offset after the range
    private record Range(int from, int until) {
        private static final Range NONE = new Range(0, 0);

        boolean isEmpty() {
            return from == until;
        }

        /// Parses one range of bytes. Several ranges or another unit are ignored: the result is the
        /// same as without a range.
        static Optional<Range> parse(String text, int size) {
            var matcher = RANGE.matcher(text);
            if (!matcher.matches() || (matcher.group(1) + matcher.group(2)).isEmpty()) {
                return Optional.empty();
            }
            if (matcher.group(1).isEmpty()) {
                long last = Math.min(size, Long.parseLong(matcher.group(2)));
                return Optional.of(new Range((int) (size - last), size));
            }
            long first = Long.parseLong(matcher.group(1));
            long last =
                    matcher.group(2).isEmpty()
                            ? size - 1L
                            : Math.min(size - 1L, Long.parseLong(matcher.group(2)));
            if (!matcher.group(2).isEmpty() && Long.parseLong(matcher.group(2)) < first) {
                return Optional.empty();
            }
            return Optional.of(first > last ? NONE : new Range((int) first, (int) last + 1));
        }
    }
}
