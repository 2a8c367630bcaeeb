package io.lockstep.redis;

import io.lettuce.core.SetArgs;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.runtime.Keyring;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// Checks at start that this node and the store belong together, and opens the store's keyring. It
/// stops a node that lacks a deployment key that the store needs, because without it every group
/// would seem missing, or values could not be read. It also stops a node when the store has lost its
/// data ([DeploymentMarker]).
public final class DeploymentGuard {
    static final byte[] KEYRING = Script.ascii("ls:keyring");

    /// Ids of the deployment keys that values are sealed under, with the time of their last use.
    static final byte[] SEALING_KEYS = Script.ascii("ls:sealing-keys");

    private static final String ANOTHER_KEY =
            "the data in this Redis was written under another deployment key";

    /// Version of the layout of keys and values in the store (see the package comment). A node
    /// refuses a store with another layout.
    private static final String LAYOUT = " layout 3";

    /// Has the same keys, and values that this release reads. A store of this layout gets the
    /// present number, and then no node of an earlier release uses it: it could not read sealed
    /// entries.
    private static final String LAYOUT_BEFORE = " layout 2";

    private final RedisConnections connections;
    private final DeploymentKeys keys;
    private final ValueSealer sealing;
    private final Duration patience;

    private DeploymentGuard(RedisConnections connections, DeploymentKeys keys) {
        this.connections = connections;
        this.keys = keys;
        sealing = new ValueSealer(keys);
        patience = connections.settings().connectTimeout();
    }

    /// Writes the marks of this deployment to an empty store and compares those of any other store.
    /// Each later verification repeats the comparison. Blocks for a bounded time.
    ///
    /// @throws IllegalStateException when the data belongs to another key, or needs a key that this
    ///     node lacks, or when the store is empty and other nodes remember a store with data
    public static Keyring check(RedisConnections connections, DeploymentKeys keys) {
        return new DeploymentGuard(connections, keys).check();
    }

    private Keyring check() {
        var names = names();
        var before = connections.refusals();
        connections.expect(fingerprint(names, LAYOUT), fingerprint(names, LAYOUT_BEFORE));
        var refusals = connections.refusals();
        if (before.isEmpty() && !refusals.isEmpty()) {
            throw new IllegalStateException(String.join("; ", refusals));
        }
        requireKeys();
        done(use(connections, keys.current()));
        return new Keyring(names, keys);
    }

    private KeyDerivation names() {
        var marks =
                done(connections.control().send(c -> c.mget(DeploymentMarker.FINGERPRINT, KEYRING)))
                        .orElseThrow();
        if (marks.getLast().hasValue()) {
            return open(marks.getLast().getValue());
        }
        if (marks.getFirst().hasValue()) {
            var before = keyOf(marks.getFirst().getValue());
            // Values without a key's id are sealed under this one.
            done(use(connections, before));
            return make(NameSecret.of(before));
        }
        long others =
                done(connections.control().send(c -> c.pubsubNumsub(DeploymentMarker.NODES)))
                        .orElseThrow()
                        .values()
                        .stream()
                        .mapToLong(Long::longValue)
                        .sum();
        if (others > 0) {
            throw new IllegalStateException(DeploymentMarker.othersRemember(others));
        }
        return make(NameSecret.generate());
    }

    private NameSecret open(byte[] sealed) {
        try {
            return NameSecret.decode(sealing.open(SealPurpose.KEYRING, sealed));
        } catch (BrokenSealException e) {
            if (needed().stream().anyMatch(this::has)) {
                requireKeys();
            }
            throw new IllegalStateException(ANOTHER_KEY, e);
        }
    }

    /// The key of this node under which an earlier release wrote the data.
    private DeploymentKey keyOf(byte[] mark) {
        return keys.all().stream()
                .filter(key -> {
                    var own = fingerprint(key, "");
                    return mark.length >= own.length
                            && Arrays.equals(Arrays.copyOf(mark, own.length), own);
                })
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(ANOTHER_KEY));
    }

    /// If several nodes do this at the same time, the first one wins.
    private NameSecret make(NameSecret names) {
        var sealed = sealing.seal(SealPurpose.KEYRING, names.encode());
        done(connections.control().write(c -> c.set(KEYRING, sealed, SetArgs.Builder.nx())));
        return open(done(connections.control().send(c -> c.get(KEYRING))).orElseThrow());
    }

    private void requireKeys() {
        for (var hex : needed()) {
            if (!has(hex)) {
                throw new IllegalStateException(
                        "values in this Redis are sealed under the deployment key with the id "
                                + hex
                                + ", which the key file lacks: add it as a further line until"
                                + " lockstep_keys_old_values is 0");
            }
        }
    }

    /// The ids of the deployment keys under which values are sealed.
    private List<String> needed() {
        return done(connections.control().send(c -> c.hkeys(SEALING_KEYS)))
                .orElse(List.of())
                .stream()
                .map(id -> new String(id, StandardCharsets.US_ASCII))
                .toList();
    }

    private boolean has(String id) {
        return keys.withId(Bytes.wrap(HexFormat.of().parseHex(id))).isPresent();
    }

    /// Notes that a deployment key seals values.
    static Mono<Long> use(RedisConnections connections, DeploymentKey key) {
        return connections
                .control()
                .send(c -> c.time())
                .map(time -> ScriptReply.number(time.getFirst()) * 1_000)
                .flatMap(millis ->
                        connections
                                .control()
                                .write(c ->
                                        c.hset(
                                                SEALING_KEYS,
                                                Script.ascii(key.id().hex()),
                                                Script.number(millis)))
                                .thenReturn(millis));
    }

    private <T> Optional<T> done(Mono<T> call) {
        try {
            return call.blockOptional(patience);
        } catch (RedisUnavailableException e) {
            var refusals = connections.refusals();
            throw new IllegalStateException(
                    "the keyring cannot be used: "
                            + (refusals.isEmpty() ? e.getMessage() : String.join("; ", refusals)),
                    e);
        }
    }

    /// 8 bytes of a keyed hash, in hexadecimal digits. They reveal nothing about the key.
    private static byte[] fingerprint(KeyDerivation names, String layout) {
        var hash =
                DeploymentKey.hmac(
                        names.derive("fingerprint"),
                        "lockstep".getBytes(StandardCharsets.US_ASCII));
        return Script.ascii(hash.slice(0, 8).hex() + layout);
    }
}
