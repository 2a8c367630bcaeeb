package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests that a proxy may interpret differently (RFC 9112): each is refused and its connection
/// closed, so that no bytes after it are taken for a request. Escapes: `\r`, `\n`, `\t`, `\0`.
///
/// The server keeps most refused connections open for two seconds; those cases run concurrently.
final class HttpStrictnessTest {
    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String unescaped(String text) {
        return text.replace("\\r", "\r")
                .replace("\\n", "\n")
                .replace("\\t", "\t")
                .replace("\\0", "\0");
    }

    /// Sends the request, and a request after it that must not be answered.
    private static String answers(String request) throws IOException {
        try (var raw = new RawConnection(server)) {
            raw.send(unescaped(request));
            raw.send("GET /livez HTTP/1.1\r\nHost: second\r\nConnection: close\r\n\r\n");
            return raw.rest();
        }
    }

    private static void assertRefused(int status, String request) throws IOException {
        assertThat(answers(request))
                .as(request)
                .startsWith("HTTP/1.1 " + status + " ")
                .containsIgnoringCase("connection: close")
                .contains("\"code\":\"invalid_request\"")
                .doesNotContain("HTTP/1.1 200 ");
    }

    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(
            strings = {
                // §3.2: a Host, one, and a valid one
                "GET /livez HTTP/1.1\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nHost: x\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nhost: y\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x y\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x/y\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: user@x\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x:99999999\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x, y\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost:\\r\\n\\r\\n",
                // §5.2: obs-fold
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A: b\\r\\n c\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A: b\\r\\n\\tc\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\n Host: x\\r\\nHost: y\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\n Content-Length: 5\\r\\n\\r\\n",
                // §5.1: no whitespace before the colon
                "GET /livez HTTP/1.1\\r\\nHost : x\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A\\t: b\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\n: b\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nno colon\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX(A): b\\r\\n\\r\\n",
                // §2.2: bare CR, bare LF; RFC 9110 §5.5: NUL
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A: b\\rc\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A: b\\rContent-Length: 5\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\nHost: x\\n\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\nX-A: b\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nX-A: b\\0c\\r\\n\\r\\n",
                "GET /livez\\0 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                // §6.3: lengths
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0, 0\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\nContent-Length: 0\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\nContent-Length: 5\\r\\n\\r\\n",
                "GET /livez HTTP/1.0\\r\\nHost: x\\r\\nContent-Length: 0\\r\\nContent-Length: 5\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: -1\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: +0\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0x0\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: \\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 99999999999999999999\\r\\n\\r\\n",
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
                // §6.1: chunked comes last, and is of HTTP/1.1
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked, gzip\\r\\n\\r\\n0\\r\\n\\r\\n",
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: identity\\r\\n\\r\\n",
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: xchunked\\r\\n\\r\\n",
                "POST /livez HTTP/1.0\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked, chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
                // §3: the request line
                "GET livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET ftp://x/livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET http://user@x/livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET http:///livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET /livez#x HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "CONNECT x:80 HTTP/1.1\\r\\nHost: x:80\\r\\n\\r\\n",
                "GET /livez HTTX/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET /livez\\r\\nHost: x\\r\\n\\r\\n",
            })
    void isRefused(String request) throws Exception {
        assertRefused(400, request);
    }

    /// §6.1: a coding that the server does not understand is refused with 501.
    @Execution(ExecutionMode.CONCURRENT)
    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
                "POST /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: gzip\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
            })
    void aTransferCodingOtherThanChunkedIsNotImplemented(String request) throws Exception {
        assertRefused(501, request);
    }

    @Execution(ExecutionMode.CONCURRENT)
    // PROTOCOL R-HTTP-1
    @Test
    void anotherMajorVersionIsNotSupported() throws Exception {
        assertRefused(505, "GET /livez HTTP/2.0\\r\\nHost: x\\r\\n\\r\\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nhost:x:7420\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: [::1]:7420\\r\\n\\r\\n",
                // §2.2: empty lines before the request line
                "\\r\\nGET /livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                // §3.2.2: the server MUST accept the absolute-form
                "GET http://x/livez HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET HTTPS://x:443/livez?a=b HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n",
                "GET /livez?a HTTP/1.1\\r\\nHost: x\\r\\nX-A: \\t b \\t\\r\\nX-B:\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 0\\r\\n\\r\\n",
                "GET /livez HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: Chunked\\r\\n\\r\\n0\\r\\n\\r\\n",
            })
    void isTaken(String request) throws Exception {
        assertThat(answers(request).split("HTTP/1.1 200 ", -1)).as(request).hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "GET /livez HTTP/1.0\\r\\n\\r\\n, connection: close",
        "GET /livez HTTP/1.0\\r\\nConnection: keep-alive\\r\\n\\r\\n, connection: keep-alive"
    })
    void ofHttp10AHostIsNotAsked(String request, String connection) throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(unescaped(request));
            assertThat(raw.head()).startsWith("HTTP/1.1 200 ").containsIgnoringCase(connection);
        }
    }

    // PROTOCOL R-HTTP-1
    /// §6.1: a server MUST NOT send Transfer-Encoding to HTTP/1.0.
    @Test
    void anAnswerToHttp10IsNeverInChunks() throws Exception {
        var body = "{\"suites\":[1],\"users\":[\"bob\"]}";
        var head =
                "POST /v1/key-packages/claim HTTP/%s\r\nHost: x\r\nConnection: keep-alive\r\n"
                        + "Authorization: Bearer dev:alice/phone\r\n"
                        + "Content-Type: application/json\r\nContent-Length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body;
        try (var raw = new RawConnection(server)) {
            raw.send(head.formatted("1.0"));
            assertThat(raw.rest())
                    .startsWith("HTTP/1.1 200 ")
                    .doesNotContainIgnoringCase("transfer-encoding")
                    .containsIgnoringCase("connection: close")
                    .contains("\r\n\r\n{")
                    .contains("\"user\":\"bob\"")
                    .endsWith("}\n");
        }
        try (var raw = new RawConnection(server)) {
            raw.send(head.formatted("1.1"));
            assertThat(raw.head()).containsIgnoringCase("transfer-encoding: chunked");
        }
    }

    /// RFC 9110 §9.3.2: no content, or the next response would begin in the middle of it.
    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void anAnswerToHeadHasNoContent() throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(raw.rest()).startsWith("HTTP/1.1 405 ").endsWith("\r\n\r\n");
        }
    }

    // PROTOCOL R-HTTP-6
    /// RFC 8259 §4: it is unpredictable which of the two is meant.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"suites\":[1],\"suites\":[2]}",
                "{\"suites\":[1],\"capabilities\":{\"proposals\":[8],\"proposals\":[]}}",
            })
    void aJsonBodyWithANameTwiceIsRefused(String body) throws Exception {
        try (var raw = new RawConnection(server)) {
            raw.send(
                    "POST /v1/users/bob/key-packages/claim HTTP/1.1\r\nHost: x\r\n"
                            + "Authorization: Bearer dev:alice/phone\r\nConnection: close\r\n"
                            + "Content-Type: application/json\r\nContent-Length: "
                            + body.length()
                            + "\r\n\r\n"
                            + body);
            assertThat(raw.rest())
                    .startsWith("HTTP/1.1 400 ")
                    .contains("\"code\":\"invalid_request\"");
        }
    }

    /// However the bytes are split.
    @Execution(ExecutionMode.CONCURRENT)
    @Test
    void aFoldedHeaderIsSeenInSinglesBytes() throws Exception {
        try (var raw = new RawConnection(server)) {
            for (var b : "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n".toCharArray()) {
                raw.send(String.valueOf(b));
            }
            assertThat(raw.rest()).startsWith("HTTP/1.1 400 ");
        }
    }
}
