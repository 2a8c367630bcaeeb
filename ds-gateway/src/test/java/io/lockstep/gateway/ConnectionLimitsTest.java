package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.frame.FrameFormat;
import java.net.InetSocketAddress;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class ConnectionLimitsTest {
    private static InetSocketAddress from(String address) {
        return new InetSocketAddress(address, 1);
    }

    private static ConnectionGate gate(int max, int perAddress, int handshakes) {
        return new ConnectionGate(new GatewayLimits.Connections(max, perAddress, handshakes));
    }

    @Test
    void connectionsAreLimitedInAll() {
        var gate = gate(2, 2, 2);
        var first = gate.admit(from("192.0.2.1")).orElseThrow();
        assertThat(gate.admit(from("192.0.2.2"))).isPresent();
        assertThat(gate.admit(from("192.0.2.3"))).isEmpty();
        first.closed();
        assertThat(gate.admit(from("192.0.2.3"))).isPresent();
        assertThat(gate.open()).isEqualTo(2);
    }

    @Test
    void connectionsAreLimitedByAddress() {
        var gate = gate(9, 1, 9);
        assertThat(gate.admit(from("192.0.2.1"))).isPresent();
        assertThat(gate.admit(from("192.0.2.1"))).isEmpty();
        assertThat(gate.admit(from("192.0.2.2"))).isPresent();
        assertThat(gate.open()).isEqualTo(2);
        assertThat(gate.beginning()).isEqualTo(2);
    }

    @Test
    void allOfAnIpv6NetworkIsOneAddress() {
        var gate = gate(9, 1, 9);
        assertThat(gate.admit(from("2001:db8:0:1::1"))).isPresent();
        assertThat(gate.admit(from("2001:db8:0:1:ffff::2"))).isEmpty();
        assertThat(gate.admit(from("2001:db8:0:2::1"))).isPresent();
    }

    @Test
    void beginnersAreLimitedUntilTheyHaveBegun() {
        var gate = gate(9, 9, 1);
        var first = gate.admit(from("192.0.2.1")).orElseThrow();
        assertThat(gate.admit(from("192.0.2.1"))).isEmpty();
        first.begun();
        first.begun();
        var second = gate.admit(from("192.0.2.1")).orElseThrow();
        second.closed();
        first.closed();
        assertThat(gate.beginning()).isZero();
        assertThat(gate.open()).isZero();
    }

    @Test
    void aRefusedConnectionIsClosedAndAClosedOneMakesRoom() throws Exception {
        try (var server =
                TestServer.start(
                        TestServer.Setup.DEFAULT.withSettings(s ->
                                s.withLimits(
                                        s.limits()
                                                .withConnections(
                                                        new GatewayLimits.Connections(
                                                                1, 1, 1)))))) {
            var only = new RawConnection(server);
            only.upgrade("lockstep.v1.proto");
            try (var refused = new RawConnection(server)) {
                assertThat(refused.rest()).isEmpty();
            }
            assertThat(server.count("lockstep.gateway.connections.refused")).isEqualTo(1);
            only.close();
            Awaitility.await()
                    .ignoreExceptions()
                    .untilAsserted(() -> {
                        try (var next = new RawConnection(server)) {
                            assertThat(next.upgrade("lockstep.v1.proto"))
                                    .startsWith("HTTP/1.1 101 ");
                        }
                    });
        }
    }

    @Test
    void anOriginThatIsNotAllowedIsRefused() throws Exception {
        try (var server =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s ->
                                        s.withOriginsAllowed(
                                                java.util.Set.of("https://app.example"))));
                var evil = new RawConnection(server);
                var good = new RawConnection(server);
                var none = TestClient.connect(server, FrameFormat.PROTO)) {
            var request = RawConnection.upgradeRequest("lockstep.v1.proto");
            evil.send(request.replace("Host: x", "Host: x\r\nOrigin: https://evil.example"));
            assertThat(evil.head()).startsWith("HTTP/1.1 403 ");
            good.send(request.replace("Host: x", "Host: x\r\nOrigin: https://app.example"));
            assertThat(good.head()).startsWith("HTTP/1.1 101 ");
            assertThat(none.isClosed()).isFalse();
        }
    }
}
