package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.application;
import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.proto.ServerFrame;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TransportTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "NIO"})
    void aSessionWorksOnEachTransport(TransportChoice choice) throws Exception {
        try (var server =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(
                                        s -> s.withTransport(choice)));
                var alice = TestClient.open(server, "alice/phone")) {
            assertThat(server.address.transport())
                    .isEqualTo(
                            choice == TransportChoice.NIO || !Epoll.isAvailable()
                                    ? TransportChoice.NIO
                                    : TransportChoice.EPOLL);
            alice.accepted(alice.create(group("g")));
            alice.attach(group("g"));
            alice.accepted(alice.message(application(group("g"), 0, "x")));
            alice.await(ServerFrame::hasDelivery);
        }
    }

    @Test
    void anAddressInUseIsReported() {
        try (var server = TestServer.start()) {
            assertThatThrownBy(() ->
                            TestServer.start(
                                    TestServer.Setup.DEFAULT.withSettings(
                                            s -> GatewaySettings.of(server.address.socket()))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("cannot listen at");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no-such", "ünïcode", "longer-than-any-name-that-linux-has"})
    void aCongestionControlThatDoesNotExistIsRefusedAndNoEventLoopStays(String name) {
        Assumptions.assumeTrue(Epoll.isAvailable());
        var before = eventLoops();

        assertThatThrownBy(() ->
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(
                                        s -> s.withCongestionControl(name))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("this machine has no congestion control named \"" + name + "\"");

        Awaitility.await().untilAsserted(() -> assertThat(before).containsAll(eventLoops()));
    }

    private static Set<Thread> eventLoops() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("gateway-"))
                .collect(Collectors.toSet());
    }

    @Test
    void congestionControlIsRefusedWhereItCannotBeSet() {
        assertThatThrownBy(() ->
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s ->
                                        s.withTransport(TransportChoice.NIO)
                                                .withCongestionControl("cubic"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("congestion control can be set on epoll only");
    }

    @Test
    void aSessionWorksOverTls() throws Exception {
        var keys = SelfSignedKeys.in(folder);
        try (var log = LogCapture.open()) {
            try (var server =
                            TestServer.start(
                                    TestServer.Setup.DEFAULT.withSettings(s ->
                                            s.withTls(
                                                    SelfSignedKeys.serverContext(
                                                            keys, SslProvider.JDK))));
                    var raw = new RawConnection(server, SelfSignedKeys.clientSockets(keys))) {
                assertThat(server.address.tls()).isTrue();
                assertIsWelcome(raw);
                try (var plain = new RawConnection(server)) {
                    plain.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
                    assertThat(plain.rest()).doesNotContain("HTTP/1.1 200");
                }
            }
            assertThat(log.troubles()).isEmpty();
        }
    }

    /// Each handler costs CPU on every write, and memory for every connection.
    @Test
    void theUpgradeLeavesThreeHandlersAndBoundsUnsentBytes() throws Exception {
        var keys = SelfSignedKeys.in(folder);
        var tls = new ConcurrentLinkedQueue<SslHandler>();
        var context =
                new DelegatingSslContext(SelfSignedKeys.serverContext(keys, SslProvider.JDK)) {
                    @Override
                    protected void initEngine(SSLEngine engine) {}

                    @Override
                    protected void initHandler(SslHandler handler) {
                        tls.add(handler);
                    }
                };
        try (var server =
                        TestServer.start(
                                TestServer.Setup.DEFAULT.withSettings(s -> s.withTls(context)));
                var raw = new RawConnection(server, SelfSignedKeys.clientSockets(keys))) {
            assertIsWelcome(raw);

            assertThat(tls).hasSize(1);
            var channel = tls.element().handshakeFuture().getNow();
            if (channel instanceof EpollSocketChannel socket) {
                assertThat(socket.config().getTcpNotSentLowAt()).isEqualTo(16 << 10);
            }
            assertThat(channel.pipeline())
                    .extracting(handler -> handler.getValue().getClass().getSimpleName())
                    .containsExactly("SslHandler", "MeteredWebSocketDecoder", "SessionHandler");
        }
    }

    private static void assertIsWelcome(RawConnection raw) throws IOException {
        assertThat(raw.upgrade("lockstep.v1.json")).startsWith("HTTP/1.1 101 ");
        raw.send(
                RawConnection.frame(
                        0x81,
                        "{\"hello\":{\"token\":\"dev:alice/phone\"}}"
                                .getBytes(StandardCharsets.UTF_8)));
        assertThat(raw.read()).isEqualTo(0x81);
    }
}
