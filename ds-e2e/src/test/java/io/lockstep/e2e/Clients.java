package io.lockstep.e2e;

import io.lockstep.client.Backoff;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import java.time.Duration;
import java.util.Random;

/// Creates clients for a server under test. They tolerate a killed server and reconnect quickly.
final class Clients {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Clients() {}

    /// @param name `user/device`
    static LockstepClient connect(ClientNetwork network, KillableServer server, String name) {
        return connect(network, server, name, new Random(1));
    }

    /// @param random for the pauses between attempts to reconnect
    static LockstepClient connect(
            ClientNetwork network, KillableServer server, String name, Random random) {
        var quick = new Backoff(Duration.ofMillis(20), Duration.ofMillis(200), 1000, random);
        var client = create(network, server, name, quick);
        client.connect().block(PATIENCE);
        return client;
    }

    /// Creates a client that is not connected yet.
    static LockstepClient create(
            ClientNetwork network, KillableServer server, String name, Backoff backoff) {
        return LockstepClient.create(
                network,
                ClientConfig.of(server.webSocket(), server.http(), () -> "dev:" + name, backoff));
    }
}
