package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lockstep.gateway.connection.ClientAddressRules;
import io.lockstep.gateway.connection.ClientAddressSource;
import io.lockstep.gateway.limits.GatewayLimits;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Client addresses behind proxies.
final class ProxyTest {
    private static final List<String> TRUSTED = List.of("127.0.0.0/8", "10.0.0.0/8", "fd00::/8");

    private static TestServer server(ClientAddressSource source, List<String> trusted) {
        return TestServer.start(
                TestServer.Setup.DEFAULT.withSettings(s ->
                        s.withAddresses(new ClientAddressRules(source, trusted, true))
                                .withLimits(
                                        s.limits()
                                                .withConnections(
                                                        new GatewayLimits.Connections(
                                                                100, 5, 100)))));
    }

    /// @return the statuses, one per request
    private static List<String> get(TestServer server, String prefix, String field)
            throws IOException {
        var statuses = new ArrayList<String>();
        var open = new ArrayList<RawConnection>();
        for (int i = 0; i < 8; i++) {
            var raw = new RawConnection(server);
            open.add(raw);
            raw.send(prefix.replace("#", Integer.toString(i)));
            raw.send(
                    "GET /livez HTTP/1.1\r\nHost: x\r\n"
                            + field.replace("#", Integer.toString(i))
                            + "\r\n");
            var head = raw.head();
            statuses.add(head.isEmpty() ? "closed" : head.substring(9, 12));
        }
        for (var raw : open) {
            raw.close();
        }
        return statuses;
    }

    private static List<String> times(int ok, int refused) {
        var statuses = new ArrayList<String>();
        for (int i = 0; i < ok + refused; i++) {
            statuses.add(i < ok ? "200" : "429");
        }
        return statuses;
    }

    /// With distinct clients behind the proxy, the sixth connection was closed without an answer.
    @Test
    void eachClientBehindATrustedProxyHasItsOwnLimit() throws Exception {
        try (var server = server(ClientAddressSource.X_FORWARDED_FOR, TRUSTED)) {
            assertThat(get(server, "", "X-Forwarded-For: 192.0.2.#\r\n")).isEqualTo(times(8, 0));
            assertThat(get(server, "", "X-Forwarded-For: 9.9.9.#, 192.0.2.9, 10.1.2.3\r\n"))
                    .isEqualTo(times(5, 3));
        }
    }

    @Test
    void theSameByTheForwardedField() throws Exception {
        try (var server = server(ClientAddressSource.FORWARDED, TRUSTED)) {
            assertThat(
                            get(
                                    server,
                                    "",
                                    "Forwarded: for=9.9.9.#,"
                                            + " for=\"[2001:db8::#]:80\";proto=https\r\n"))
                    .isEqualTo(times(5, 3));
        }
    }

    @Test
    void theSameByThePROXYProtocol() throws Exception {
        try (var server = server(ClientAddressSource.PROXY_PROTOCOL, TRUSTED)) {
            assertThat(get(server, "PROXY TCP4 192.0.2.# 10.0.0.1 4000 443\r\n", ""))
                    .isEqualTo(times(8, 0));
            assertThat(get(server, "PROXY TCP4 192.0.2.9 10.0.0.1 4000 443\r\n", ""))
                    .isEqualTo(times(5, 3));
        }
    }

    @Test
    void versionTwoOfThePROXYProtocolIsRead() throws Exception {
        try (var server = server(ClientAddressSource.PROXY_PROTOCOL, TRUSTED);
                var raw = new RawConnection(server)) {
            var header = new ByteArrayOutputStream();
            header.writeBytes("\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.ISO_8859_1));
            header.writeBytes(new byte[] {0x21, 0x11, 0, 12});
            header.writeBytes(new byte[] {(byte) 192, 0, 2, 1, 10, 0, 0, 1, 1, 1, 1, (byte) 187});
            raw.send(header.toByteArray());
            raw.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(raw.head()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void anUntrustedProxyIsNotBelieved() throws Exception {
        var others = List.of("10.0.0.0/8");
        try (var server = server(ClientAddressSource.X_FORWARDED_FOR, others)) {
            assertThat(get(server, "", "X-Forwarded-For: 192.0.2.#\r\n")).isEqualTo(times(5, 3));
        }
        try (var server = server(ClientAddressSource.PROXY_PROTOCOL, others)) {
            assertThat(get(server, "PROXY TCP4 192.0.2.# 10.0.0.1 4000 443\r\n", ""))
                    .doesNotContain("200");
        }
    }

    @Test
    void aTrustedProxyWithoutItsHeaderIsDisconnected() throws Exception {
        try (var server = server(ClientAddressSource.PROXY_PROTOCOL, TRUSTED)) {
            assertThat(get(server, "", "")).containsOnly("closed");
        }
    }

    @Test
    void behindAProxyThatTellsNothingNoLimitByAddressApplies() throws Exception {
        try (var log = LogCapture.open();
                var server = server(ClientAddressSource.PEER, List.of())) {
            assertThat(get(server, "", "")).isEqualTo(times(8, 0));
            assertThat(log.lines())
                    .anyMatch(line -> line.contains("no limit on connections by address"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1 | 192.0.2.1",
                "1.1.1.1, 192.0.2.1:4711 | 192.0.2.1",
                "192.0.2.1, 10.0.0.1,10.0.0.2 | 192.0.2.1",
                "10.0.0.9, 10.0.0.1 | 10.0.0.9",
                "2001:db8::1 | 2001:db8::1",
                "[2001:db8::1]:80 | 2001:db8::1",
                "192.0.2.1, unknown, 10.0.0.1 | ''",
                "192.0.2.1, x | ''",
                "'' | ''"
            })
    void theClientIsTheLastHopThatIsNotTrusted(String field, String client) throws Exception {
        var reader =
                new ClientAddressRules(ClientAddressSource.X_FORWARDED_FOR, TRUSTED, true).reader();
        var headers = new DefaultHttpHeaders().add("x-forwarded-for", field);
        var peer = new InetSocketAddress(InetAddress.getByName("10.0.0.7"), 1);
        var found = reader.of(peer, headers);
        if (client.isEmpty()) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).contains(InetAddress.getByName(client));
        }
    }

    @Test
    void aMalformedNetworkIsRefused() {
        for (var network : List.of("proxy.example", "10.0.0.0/40", "10.0.0.0/x", "")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            new ClientAddressRules(
                                    ClientAddressSource.FORWARDED, List.of(network), true))
                    .withMessageContaining("is not a network");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new ClientAddressRules(ClientAddressSource.FORWARDED, List.of(), true));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ClientAddressRules(ClientAddressSource.PEER, TRUSTED, true));
    }
}
