package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class ConnectionLimitsTest {
    private static InetSocketAddress from(String address) {
        return new InetSocketAddress(address, 1);
    }

    private static ConnectionAdmission gate(int max, int perAddress, int handshakes) {
        return new ConnectionAdmission(
                new GatewayLimits.Connections(max, perAddress, handshakes),
                ReceiveLimits.DEFAULT.strangers());
    }

    // PROTOCOL R-ARRIVE-2
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

    // PROTOCOL R-ARRIVE-2
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

    // PROTOCOL R-ARRIVE-1
    /// It was refused, and the one that does not finish kept its place for ten seconds.
    @Test
    void whoDoesNotFinishBeginningGivesItsPlaceToTheNext() {
        var gate = gate(9, 9, 1);
        var first = gate.admit(from("192.0.2.1")).orElseThrow();
        var evicted = new AtomicInteger();
        first.onEviction(evicted::incrementAndGet);
        var second = gate.admit(from("192.0.2.2")).orElseThrow();
        assertThat(evicted).hasValue(1);
        assertThat(gate.beginning()).isEqualTo(1);
        second.begun();
        second.begun();
        assertThat(gate.beginning()).isZero();
        second.closed();
        first.closed();
        assertThat(gate.open()).isZero();
    }

    // PROTOCOL R-ARRIVE-1
    /// 7,000 connections of one address took all 5,000 places: 148 of 173 newcomers were refused.
    @Test
    void placesAreTakenFromTheAddressThatHoldsTheMostTheOldestFirst() {
        var gate = gate(100_000, 10_000, 100);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 7_000; i++) {
            admit(gate, "203.0.113.7", "mallory " + i, evicted);
        }
        var honest = new ArrayList<String>();
        for (int i = 0; i < 70; i++) {
            admit(gate, "192.0.2." + i, "honest " + i, evicted);
            honest.add("honest " + i);
        }
        assertThat(evicted)
                .doesNotContainAnyElementsOf(honest)
                .startsWith("mallory 0", "mallory 1");
        assertThat(gate.beginning()).isLessThanOrEqualTo(100);
    }

    /// Whoever has an IPv6 /48 has 65,536 networks.
    @Test
    void theNetworksOfOneSiteCountTogether() {
        var gate = gate(100_000, 10_000, 100);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 300; i++) {
            admit(gate, "2001:db8:1:" + Integer.toHexString(i) + "::1", "mallory " + i, evicted);
        }
        for (int i = 0; i < 50; i++) {
            admit(gate, "2001:db8:" + Integer.toHexString(100 + i) + "::1", "honest", evicted);
        }
        assertThat(evicted).hasSize(250).doesNotContain("honest");
    }

    @Test
    void whenAllConnectionsAreTakenTheCrowdOfBeginnersGivesWay() {
        var gate = gate(10, 10, 10);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            admit(gate, "203.0.113.7", "mallory " + i, evicted);
        }
        assertThat(gate.admit(from("192.0.2.1"))).isPresent();
        assertThat(evicted).containsExactly("mallory 0");
    }

    private static void admit(
            ConnectionAdmission gate, String address, String name, List<String> evicted) {
        gate.admit(from(address)).orElseThrow().onEviction(() -> evicted.add(name));
    }

    // PROTOCOL R-ARRIVE-2
    @Test
    void aRefusedConnectionIsToldAndAClosedOneMakesRoom() throws Exception {
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
                assertThat(refused.rest())
                        .startsWith("HTTP/1.1 429 ")
                        .contains("retry-after: ", "\"code\":\"too_many_connections\"");
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

    // PROTOCOL R-ARRIVE-1
    /// Nobody was ever told 4009.
    @Test
    void aSessionThatGivesItsPlaceBeforeHelloIsToldWhy() throws Exception {
        try (var server =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s ->
                                        s.withLimits(
                                                s.limits()
                                                        .withConnections(
                                                                new GatewayLimits.Connections(
                                                                        9, 9, 1)))));
                var first = TestClient.connect(server, FrameFormat.PROTO);
                var second = TestClient.connect(server, FrameFormat.PROTO)) {
            first.assertClosed(Code.TOO_MANY_CONNECTIONS);
            assertThat(second.isClosed()).isFalse();
        }
    }
}
