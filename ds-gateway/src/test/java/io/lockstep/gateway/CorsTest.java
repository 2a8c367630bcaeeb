package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.connection.BrowserAccess;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// CORS: pages of allowed origins may use HTTP and WebSocket, other pages neither.
final class CorsTest {
    private static final String APP = "https://app.example";

    private static TestServer server(BrowserAccess access) {
        return TestServer.start(TestServer.Setup.DEFAULT.withSettings(s -> s.withBrowsers(access)));
    }

    private static String ask(TestServer server, String request) throws IOException {
        try (var raw = new RawConnection(server)) {
            raw.send(request);
            return raw.head();
        }
    }

    private static String bodyToo(TestServer server, String request) throws IOException {
        try (var raw = new RawConnection(server)) {
            raw.send(request);
            return raw.rest();
        }
    }

    private static String webSocket(String host, String origin) {
        return RawConnection.upgradeRequest("lockstep.v1.proto")
                .replace("Host: x", "Host: " + host + "\r\nOrigin: " + origin);
    }

    private static String get(String path, String host, String origin) {
        return "GET "
                + path
                + " HTTP/1.1\r\nHost: "
                + host
                + "\r\nOrigin: "
                + origin
                + "\r\nAuthorization: Bearer dev:alice/phone\r\nConnection: close\r\n\r\n";
    }

    private static String preflight(String path, String origin) {
        return "OPTIONS "
                + path
                + " HTTP/1.1\r\nHost: x\r\nOrigin: "
                + origin
                + "\r\nAccess-Control-Request-Method: PUT\r\n"
                + "Access-Control-Request-Headers: authorization,content-type\r\n\r\n";
    }

    @Test
    void pagesOfAllowedOriginsMayUseBoth() throws Exception {
        try (var server = server(new BrowserAccess(Set.of(APP), false))) {
            assertThat(ask(server, webSocket("x", APP))).startsWith("HTTP/1.1 101 ");
            assertThat(ask(server, get("/v1/key-packages", "x", APP)))
                    .startsWith("HTTP/1.1 200 ")
                    .containsIgnoringCase("access-control-allow-origin: " + APP + "\r\n")
                    .containsIgnoringCase("vary: origin")
                    .containsIgnoringCase("access-control-expose-headers: ")
                    .doesNotContainIgnoringCase("allow-credentials");
        }
    }

    // PROTOCOL R-CORS-3
    /// A page must be able to read errors too.
    @Test
    void errorsMayBeReadByTheirPages() throws Exception {
        try (var server = server(new BrowserAccess(Set.of(APP), false))) {
            assertThat(ask(server, get("/v1/nothing", "x", APP)))
                    .startsWith("HTTP/1.1 404 ")
                    .containsIgnoringCase("access-control-allow-origin: " + APP);
            var unauthorised = get("/v1/key-packages", "x", APP).replace("Bearer", "Basic");
            assertThat(ask(server, unauthorised))
                    .startsWith("HTTP/1.1 401 ")
                    .containsIgnoringCase("access-control-allow-origin: " + APP);
        }
    }

    // PROTOCOL R-CORS-1
    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "http://app.example",
                "https://app.example.evil.example",
                "https://app.example:8443",
                "null"
            })
    void pagesOfOtherOriginsMayUseNeither(String origin) throws Exception {
        try (var server = server(new BrowserAccess(Set.of(APP), false))) {
            for (var request :
                    new String[] {
                        webSocket("x", origin),
                        get("/v1/key-packages", "x", origin),
                        get("/livez", "x", origin),
                        preflight("/v1/claim-policy", origin),
                        get("/livez", "x", APP + "\r\nOrigin: " + origin)
                    }) {
                assertThat(bodyToo(server, request))
                        .startsWith("HTTP/1.1 403 ")
                        .contains("\"code\":\"origin_not_allowed\"")
                        .doesNotContainIgnoringCase("access-control-allow-origin: " + origin);
            }
        }
    }

    // PROTOCOL R-CORS-2
    @Test
    void aPreflightTellsTheMethodsOfTheResource() throws Exception {
        try (var server = server(new BrowserAccess(Set.of(APP), false))) {
            assertThat(ask(server, preflight("/v1/claim-policy", APP)))
                    .startsWith("HTTP/1.1 204 ")
                    .containsIgnoringCase("access-control-allow-origin: " + APP)
                    .containsIgnoringCase("access-control-allow-methods: GET, PUT")
                    .containsIgnoringCase(
                            "access-control-allow-headers: authorization, content-type")
                    .containsIgnoringCase("access-control-max-age: ")
                    .containsIgnoringCase("vary: origin, access-control-request-method");
            assertThat(ask(server, preflight("/v1/nothing", APP))).startsWith("HTTP/1.1 404 ");
            // Without the preflight headers it is a method like any other.
            assertThat(ask(server, "OPTIONS /v1/claim-policy HTTP/1.1\r\nHost: x\r\n\r\n"))
                    .startsWith("HTTP/1.1 405 ");
        }
    }

    // PROTOCOL R-CORS-1
    /// The list was empty, and that allowed every page.
    @Test
    void withoutAListNoPageMayUseIt() throws Exception {
        try (var server = server(BrowserAccess.NONE)) {
            assertThat(ask(server, webSocket("x", APP))).startsWith("HTTP/1.1 403 ");
            assertThat(ask(server, get("/v1/key-packages", "x", APP))).startsWith("HTTP/1.1 403 ");
            assertThat(ask(server, RawConnection.upgradeRequest("lockstep.v1.proto")))
                    .startsWith("HTTP/1.1 101 ");
        }
    }

    // PROTOCOL R-CORS-1
    @Test
    void aStarIsEveryOrigin() throws Exception {
        try (var server = server(new BrowserAccess(Set.of("*"), false))) {
            assertThat(ask(server, webSocket("x", "https://any.example")))
                    .startsWith("HTTP/1.1 101 ");
        }
    }

    /// Any page could act as `dev:alice/phone`: directly (cross-site WebSocket hijacking), or under
    /// a name of its own that resolves to loopback (DNS rebinding).
    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "0.0.0.0",
                "[::2]",
                "10.0.0.1:7420"
            })
    void aDevelopmentServerIsKnownByLoopbackNamesOnly(String name) throws Exception {
        try (var server = server(new BrowserAccess(Set.of(), true))) {
            for (var request :
                    new String[] {
                        webSocket(name, "http://" + name),
                        webSocket("localhost", "http://" + name),
                        get("/v1/key-packages", name, "http://localhost"),
                        get("/v1/key-packages", "localhost", "http://" + name),
                        get("http://" + name + "/v1/key-packages", "localhost", "http://localhost"),
                        get("/livez", name, "http://localhost")
                    }) {
                assertThat(bodyToo(server, request))
                        .as(request)
                        .startsWith("HTTP/1.1 403 ")
                        .contains("\"code\":\"origin_not_allowed\"");
            }
            // Without an Origin, as in the GET of a rebound page.
            assertThat(ask(server, "GET /v1/key-packages HTTP/1.1\r\nHost: " + name + "\r\n\r\n"))
                    .startsWith("HTTP/1.1 403 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:3000",
                "127.0.0.1:7420",
                "127.9.9.9",
                "[::1]",
                "[::1]:5173"
            })
    void pagesOfLoopbackMayUseADevelopmentServer(String name) throws Exception {
        try (var server = server(new BrowserAccess(Set.of(), true))) {
            assertThat(ask(server, webSocket(name, "http://" + name))).startsWith("HTTP/1.1 101 ");
            assertThat(ask(server, get("/v1/key-packages", name, "https://" + name)))
                    .startsWith("HTTP/1.1 200 ")
                    .containsIgnoringCase("access-control-allow-origin: https://" + name);
        }
    }
}
