package io.lockstep.gateway;

import reactor.core.publisher.Mono;

/// The door: listens, and makes of each connection HTTP or a session.
public final class Gateway {
    private final GatewaySettings settings;
    private final GatewayServices services;

    public Gateway(GatewaySettings settings, GatewayServices services) {
        this.settings = settings;
        this.services = services;
    }

    /// Listens. Blocks its caller until the port is bound; called once, at start.
    ///
    /// @throws IllegalStateException when the address cannot be bound, or the transport asked for is not there
    public GatewayAddress start() {
        if (settings.eventLoops() >= 0) {
            throw new UnsupportedOperationException("not yet: " + settings + services);
        }
        return new GatewayAddress(settings.bind(), settings.transport(), 1, false);
    }

    /// Takes no more connections, tells sessions to go away, finishes answers in flight, and closes; in
    /// bounded time. Completes when all of it is done.
    public Mono<Void> stop() {
        return Mono.empty();
    }
}
