package io.lockstep.e2e;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import java.time.Duration;
import java.util.Random;

/// Clients of a server under test: patient with one that is killed, and quick to come back.
final class Clients {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Clients() {}

    /// @param name `user/device`
    static LockstepClient connect(ClientNetwork network, KillableServer server, String name) {
        return connect(network, server, name, new Random(1));
    }

    /// @param random for the waits between its tries to come back
    static LockstepClient connect(
            ClientNetwork network, KillableServer server, String name, Random random) {
        var quick = new Backoff(Duration.ofMillis(20), Duration.ofMillis(200), 1000, random);
        var client = create(network, server, name, quick);
        client.connect().block(PATIENCE);
        return client;
    }

    /// One that is not connected yet.
    static LockstepClient create(
            ClientNetwork network, KillableServer server, String name, Backoff backoff) {
        return LockstepClient.create(
                network,
                ClientConfig.of(server.webSocket(), server.http(), () -> "dev:" + name, backoff));
    }
}
