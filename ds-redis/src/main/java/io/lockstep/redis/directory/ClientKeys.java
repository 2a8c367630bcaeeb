package io.lockstep.redis.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.log.DeploymentKey;
import io.lockstep.redis.Script;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;

/// The keys of what belongs to a client, under its user's hash tag, and those of refs.
final class ClientKeys {
    private static final int NAME_BYTES = 16;

    private final Bytes clientKey;
    private final Bytes refKey;

    ClientKeys(DeploymentKey deploymentKey) {
        clientKey = deploymentKey.derive("client-key");
        refKey = deploymentKey.derive("ref-key");
    }

    /// The client's pseudonym among the devices of its user.
    String name(ClientId client) {
        return hash(clientKey, client.toString().getBytes(StandardCharsets.US_ASCII));
    }

    byte[] devices(String user) {
        return key(user, "devices");
    }

    byte[] suites(ClientId client) {
        return key(client.user(), "suites:" + name(client));
    }

    byte[] singleUse(ClientId client, int suite) {
        return key(client.user(), "kp:" + name(client) + ":" + suite);
    }

    byte[] lastResort(ClientId client, int suite) {
        return key(client.user(), "last:" + name(client) + ":" + suite);
    }

    byte[] inbox(ClientId client) {
        return key(client.user(), "inbox:" + name(client));
    }

    byte[] revoked(String user) {
        return key(user, "revoked");
    }

    byte[] ref(Bytes ref) {
        return Script.ascii("ls:ref:{" + hash(refKey, ref.toArray()) + "}");
    }

    private byte[] key(String user, String rest) {
        var name = hash(clientKey, user.getBytes(StandardCharsets.US_ASCII));
        return Script.ascii("ls:{" + name + "}:" + rest);
    }

    private static String hash(Bytes key, byte[] name) {
        return DeploymentKey.hmac(key, name).slice(0, NAME_BYTES).hex();
    }
}
