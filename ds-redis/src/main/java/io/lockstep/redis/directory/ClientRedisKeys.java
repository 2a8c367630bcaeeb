package io.lockstep.redis.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.redis.Script;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/// Builds the Redis keys of a client's data, under the hash tag of its user, and the keys of refs.
public final class ClientRedisKeys {
    private static final int NAME_BYTES = 16;

    private final Bytes clientKey;
    private final Bytes refKey;
    private final Bytes featureKey;
    private final Bytes initKeyKey;
    private final Bytes senderKey;

    public ClientRedisKeys(KeyDerivation names) {
        clientKey = names.derive("client-key");
        refKey = names.derive("ref-key");
        featureKey = names.derive("feature-key");
        initKeyKey = names.derive("init-key-key");
        senderKey = names.derive("sender-key");
    }

    /// The pseudonym of the client among the devices of its user.
    public String name(ClientId client) {
        return hash(clientKey, client.toString().getBytes(StandardCharsets.US_ASCII));
    }

    byte[] devices(String user) {
        return key(user, "devices");
    }

    /// The keys of the scripts on a client's KeyPackages, in the order of `kinds.lua`.
    byte[][] keyPackages(ClientId client) {
        var name = name(client);
        return new byte[][] {
            key(client.user(), "kp:index:" + name),
            key(client.user(), "kp:sealed:" + name),
            key(client.user(), "kp:shelves:" + name),
            key(client.user(), "kp:refs:" + name),
            features(client),
            devices(client.user()),
            revoked(client.user()),
            key(client.user(), "kp:init-keys:" + name)
        };
    }

    /// The keys with KeyPackages of one client alone.
    byte[][] ofDevice(ClientId client) {
        var shared = List.of(devices(client.user()), revoked(client.user()));
        return Arrays.stream(keyPackages(client))
                .filter(key -> shared.stream().noneMatch(other -> Arrays.equals(other, key)))
                .toArray(byte[][]::new);
    }

    /// @param name pseudonym of a client of the user
    byte[] refs(String user, String name) {
        return key(user, "kp:refs:" + name);
    }

    /// The key of a ref.
    ///
    /// @param mark its keyed hash
    byte[] ref(String mark) {
        return Script.ascii("ls:kpref:{" + mark + "}");
    }

    byte[] features(ClientId client) {
        return key(client.user(), "kp:features:" + name(client));
    }

    byte[] uploadDebt(String user) {
        return key(user, "uploads");
    }

    byte[] claimPolicy(String user) {
        return key(user, "claims");
    }

    /// The keys of the scripts on an inbox, in the order of `inbox.lua`.
    byte[][] inbox(ClientId client) {
        var name = name(client);
        return new byte[][] {
            key(client.user(), "mail:order:" + name),
            key(client.user(), "mail:info:" + name),
            key(client.user(), "mail:sealed:" + name),
            key(client.user(), "mail:pieces:" + name),
            key(client.user(), "mail:sources:" + name),
            mailSenders(client)
        };
    }

    byte[] mailSenders(ClientId client) {
        return key(client.user(), "mail:senders:" + name(client));
    }

    /// The keyed hash of a sender in one client's inbox. It differs in every inbox, so the store
    /// does not show that one user sends to two clients. Empty for none.
    String senderMark(ClientId client, Bytes sender) {
        if (sender.isEmpty()) {
            return "";
        }
        var name = client.toString().getBytes(StandardCharsets.US_ASCII);
        var input = ByteBuffer.allocate(sender.size() + name.length);
        input.put(sender.toArray()).put(name);
        return hash(senderKey, input.array());
    }

    public byte[] revoked(String user) {
        return key(user, "revoked");
    }

    byte[] ref(Bytes ref) {
        return ref(refMark(ref));
    }

    /// The keyed hash of a ref in Redis.
    String refMark(Bytes ref) {
        return hash(refKey, ref.toArray());
    }

    /// The keyed hash of a group that a KeyPackage was used for.
    String groupMark(GroupId group) {
        return hash(refKey, group.bytes().toArray());
    }

    /// The keyed hash of a client's features.
    String featureMark(byte[] encoded) {
        return hash(featureKey, encoded);
    }

    /// The keyed hash of the init_key of a client's KeyPackage. Empty for none.
    String initKeyMark(Bytes initKey) {
        return initKey.isEmpty() ? "" : hash(initKeyKey, initKey.toArray());
    }

    private byte[] key(String user, String rest) {
        var name = hash(clientKey, user.getBytes(StandardCharsets.US_ASCII));
        return Script.ascii("ls:{" + name + "}:" + rest);
    }

    private static String hash(Bytes key, byte[] name) {
        return DeploymentKey.hmac(key, name).slice(0, NAME_BYTES).hex();
    }
}
