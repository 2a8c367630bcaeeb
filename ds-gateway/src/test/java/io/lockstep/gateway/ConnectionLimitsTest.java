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

    private static ConnectionAdmission admission(int max, int perAddress, int handshakes) {
        return new ConnectionAdmission(
                new GatewayLimits.Connections(max, perAddress, handshakes),
                ReceiveLimits.DEFAULT.unauthenticatedBudget());
    }

    // PROTOCOL R-ARRIVE-2
    @Test
    void connectionsAreLimitedInAll() {
        var admission = admission(2, 2, 2);
        var first = admission.admit(from("192.0.2.1")).orElseThrow();
        assertThat(admission.admit(from("192.0.2.2"))).isPresent();
        assertThat(admission.admit(from("192.0.2.3"))).isEmpty();
        first.closed();
        assertThat(admission.admit(from("192.0.2.3"))).isPresent();
        assertThat(admission.open()).isEqualTo(2);
    }

    // PROTOCOL R-ARRIVE-2
    @Test
    void connectionsAreLimitedByAddress() {
        var admission = admission(9, 1, 9);
        assertThat(admission.admit(from("192.0.2.1"))).isPresent();
        assertThat(admission.admit(from("192.0.2.1"))).isEmpty();
        assertThat(admission.admit(from("192.0.2.2"))).isPresent();
        assertThat(admission.open()).isEqualTo(2);
        assertThat(admission.unauthenticated()).isEqualTo(2);
    }

    @Test
    void allOfAnIpv6NetworkIsOneAddress() {
        var admission = admission(9, 1, 9);
        assertThat(admission.admit(from("2001:db8:0:1::1"))).isPresent();
        assertThat(admission.admit(from("2001:db8:0:1:ffff::2"))).isEmpty();
        assertThat(admission.admit(from("2001:db8:0:2::1"))).isPresent();
    }

    // PROTOCOL R-ARRIVE-1
    /// The new connection was refused, and the slow one kept its slot for ten seconds.
    @Test
    void anUnauthenticatedConnectionIsEvictedForANewOne() {
        var admission = admission(9, 9, 1);
        var first = admission.admit(from("192.0.2.1")).orElseThrow();
        var evicted = new AtomicInteger();
        first.onEviction(evicted::incrementAndGet);
        var second = admission.admit(from("192.0.2.2")).orElseThrow();
        assertThat(evicted).hasValue(1);
        assertThat(admission.unauthenticated()).isEqualTo(1);
        second.authenticated();
        second.authenticated();
        assertThat(admission.unauthenticated()).isZero();
        second.closed();
        first.closed();
        assertThat(admission.open()).isZero();
    }

    // PROTOCOL R-ARRIVE-1
    /// 7,000 connections of one address took all 5,000 slots: 148 of 173 new clients were refused.
    @Test
    void theOldestConnectionOfTheLargestAddressIsEvicted() {
        var admission = admission(100_000, 10_000, 100);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 7_000; i++) {
            admit(admission, "203.0.113.7", "mallory " + i, evicted);
        }
        var honest = new ArrayList<String>();
        for (int i = 0; i < 70; i++) {
            admit(admission, "192.0.2." + i, "honest " + i, evicted);
            honest.add("honest " + i);
        }
        assertThat(evicted)
                .doesNotContainAnyElementsOf(honest)
                .startsWith("mallory 0", "mallory 1");
        assertThat(admission.unauthenticated()).isLessThanOrEqualTo(100);
    }

    /// A client with an IPv6 /48 has 65,536 networks.
    @Test
    void theNetworksOfOneSiteCountTogether() {
        var admission = admission(100_000, 10_000, 100);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 300; i++) {
            admit(
                    admission,
                    "2001:db8:1:" + Integer.toHexString(i) + "::1",
                    "mallory " + i,
                    evicted);
        }
        for (int i = 0; i < 50; i++) {
            admit(admission, "2001:db8:" + Integer.toHexString(100 + i) + "::1", "honest", evicted);
        }
        assertThat(evicted).hasSize(250).doesNotContain("honest");
    }

    @Test
    void whenAllSlotsAreTakenUnauthenticatedConnectionsAreEvicted() {
        var admission = admission(10, 10, 10);
        var evicted = new ArrayList<String>();
        for (int i = 0; i < 10; i++) {
            admit(admission, "203.0.113.7", "mallory " + i, evicted);
        }
        assertThat(admission.admit(from("192.0.2.1"))).isPresent();
        assertThat(evicted).containsExactly("mallory 0");
    }

    private static void admit(
            ConnectionAdmission admission, String address, String name, List<String> evicted) {
        admission.admit(from(address)).orElseThrow().onEviction(() -> evicted.add(name));
    }

    // PROTOCOL R-ARRIVE-2
    @Test
    void aRefusedConnectionGetsAnAnswerAndAClosedOneFreesItsSlot() throws Exception {
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
    /// No client ever received 4009.
    @Test
    void aSessionEvictedBeforeHelloIsToldWhy() throws Exception {
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
