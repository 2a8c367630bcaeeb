package io.lockstep.gateway;

import io.lockstep.gateway.access.PolicyDefaults;
import io.lockstep.gateway.connection.BrowserAccess;
import io.lockstep.gateway.connection.ClientAddressRules;
import io.lockstep.gateway.limits.GatewayLimits;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.util.Optional;

/// The operator's settings of the gateway.
///
/// @param bind port 0 selects a free port
/// @param eventLoops threads that serve connections; 0: one per core
/// @param congestionControl name of TCP's algorithm, on epoll only; empty: the system's default
/// @param tls empty: plain connections
/// @param browsers which web pages may use the server
/// @param addresses how client addresses are determined
/// @param policyDefault defaults of new groups
public record GatewaySettings(
        InetSocketAddress bind,
        TransportChoice transport,
        int eventLoops,
        Optional<String> congestionControl,
        Optional<SslContext> tls,
        BrowserAccess browsers,
        ClientAddressRules addresses,
        PolicyDefaults policyDefault,
        GatewayLimits limits) {
    public GatewaySettings {
        if (eventLoops < 0) {
            throw new IllegalArgumentException("event loops must be 0 (one per core) or more");
        }
    }

    /// Settings with plain connections and all defaults.
    public static GatewaySettings of(InetSocketAddress bind) {
        return new GatewaySettings(
                bind,
                TransportChoice.AUTO,
                0,
                Optional.empty(),
                Optional.empty(),
                BrowserAccess.NONE,
                ClientAddressRules.DIRECT,
                PolicyDefaults.DEFAULT,
                GatewayLimits.DEFAULT);
    }

    public GatewaySettings withTransport(TransportChoice choice) {
        return new GatewaySettings(
                bind,
                choice,
                eventLoops,
                congestionControl,
                tls,
                browsers,
                addresses,
                policyDefault,
                limits);
    }

    public GatewaySettings withCongestionControl(String name) {
        return new GatewaySettings(
                bind,
                transport,
                eventLoops,
                Optional.of(name),
                tls,
                browsers,
                addresses,
                policyDefault,
                limits);
    }

    public GatewaySettings withTls(SslContext context) {
        return new GatewaySettings(
                bind,
                transport,
                eventLoops,
                congestionControl,
                Optional.of(context),
                browsers,
                addresses,
                policyDefault,
                limits);
    }

    public GatewaySettings withLimits(GatewayLimits newLimits) {
        return new GatewaySettings(
                bind,
                transport,
                eventLoops,
                congestionControl,
                tls,
                browsers,
                addresses,
                policyDefault,
                newLimits);
    }

    public GatewaySettings withBrowsers(BrowserAccess access) {
        return new GatewaySettings(
                bind,
                transport,
                eventLoops,
                congestionControl,
                tls,
                access,
                addresses,
                policyDefault,
                limits);
    }

    public GatewaySettings withAddresses(ClientAddressRules newAddresses) {
        return new GatewaySettings(
                bind,
                transport,
                eventLoops,
                congestionControl,
                tls,
                browsers,
                newAddresses,
                policyDefault,
                limits);
    }
}
