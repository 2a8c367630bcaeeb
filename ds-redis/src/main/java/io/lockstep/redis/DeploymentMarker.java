package io.lockstep.redis;

import io.lettuce.core.SetArgs;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What tells a store from an empty one and from another: the fingerprint of the deployment key, and a random
/// id that the store gets when it is first used. A node remembers the id; a store without it, or with another,
/// is not the one that the node's groups are in.
///
/// Only an empty store gets an id, and only while no node that remembers a store listens on [#NODES]: else the
/// first node to restart after a loss of data would make the empty store good for all.
final class DeploymentMarker {
    static final byte[] FINGERPRINT = Script.ascii("ls:deployment");
    static final byte[] STORE = Script.ascii("ls:store");

    /// A channel on which nothing is said: who listens remembers a store.
    static final byte[] NODES = Script.ascii("ls:nodes");

    private static final int ID_BYTES = 16;

    /// A fingerprint begins with those of the key; the number of the layout follows.
    private static final int KEY_DIGITS = 16;

    private final PipelinedConnection line;
    private volatile byte @Nullable [] expected;
    private volatile byte @Nullable [] remembered;

    DeploymentMarker(PipelinedConnection line) {
        this.line = line;
    }

    /// From now on the store must be this deployment's.
    void expect(byte[] fingerprint) {
        expected = fingerprint;
    }

    /// The store's id, once it is known.
    Optional<byte[]> store() {
        return Optional.ofNullable(remembered);
    }

    /// What was found.
    sealed interface MarkerState {
        record Ours() implements MarkerState {}

        /// This node has seen the store for the first time.
        record FirstSeen() implements MarkerState {}

        record NotOurs(String reason) implements MarkerState {}
    }

    Mono<MarkerState> look() {
        var fingerprint = expected;
        if (fingerprint == null) {
            return Mono.just(new MarkerState.Ours());
        }
        return read().flatMap(found -> judge(fingerprint, found));
    }

    private record Marks(Optional<byte[]> fingerprint, Optional<byte[]> store) {}

    private Mono<Marks> read() {
        return line.send(commands -> commands.mget(FINGERPRINT, STORE))
                .map(values ->
                        new Marks(values.getFirst().optional(), values.getLast().optional()));
    }

    private Mono<MarkerState> judge(byte[] fingerprint, Marks found) {
        if (found.fingerprint().isPresent()
                && !MessageDigest.isEqual(found.fingerprint().get(), fingerprint)) {
            return Mono.just(
                    new MarkerState.NotOurs(
                            isOtherLayout(found.fingerprint().get(), fingerprint)
                                    ? "the data in this Redis has another layout than this version"
                                            + " reads: it was written by another version, and cannot"
                                            + " be converted"
                                    : "the data in this Redis was written under another deployment"
                                            + " key"));
        }
        var known = remembered;
        if (known != null) {
            return Mono.just(stillThere(known, found));
        }
        if (found.fingerprint().isPresent() && found.store().isPresent()) {
            return Mono.just(remember(found.store().get()));
        }
        if (found.fingerprint().isPresent()) {
            // Of a version that gave no ids.
            return make(fingerprint);
        }
        return others().flatMap(others ->
                others > 0
                        ? Mono.just(
                                new MarkerState.NotOurs(
                                        "it holds no data of this deployment, and "
                                                + others
                                                + " other node(s) remember a store"
                                                + " with data"))
                        : make(fingerprint));
    }

    /// The same key, and behind it another layout, or none.
    private static boolean isOtherLayout(byte[] found, byte[] fingerprint) {
        return found.length >= KEY_DIGITS
                && fingerprint.length >= KEY_DIGITS
                && MessageDigest.isEqual(
                        Arrays.copyOf(found, KEY_DIGITS), Arrays.copyOf(fingerprint, KEY_DIGITS));
    }

    private static MarkerState stillThere(byte[] known, Marks found) {
        if (found.fingerprint().isEmpty() || found.store().isEmpty()) {
            return new MarkerState.NotOurs(
                    "it has lost this deployment's data: ls:deployment is not there. Restore the data,"
                            + " or stop all nodes and start them to begin anew");
        }
        return Arrays.equals(known, found.store().get())
                ? new MarkerState.Ours()
                : new MarkerState.NotOurs(
                        "it is another store than the one that this node began with. Restore the data,"
                                + " or restart this node");
    }

    private MarkerState remember(byte[] store) {
        remembered = store;
        return new MarkerState.FirstSeen();
    }

    private Mono<Long> others() {
        return line.send(commands -> commands.pubsubNumsub(NODES))
                .map(counts -> counts.values().stream().mapToLong(Long::longValue).sum());
    }

    /// Of nodes that do so at the same time the first decides.
    private Mono<MarkerState> make(byte[] fingerprint) {
        var id = new byte[ID_BYTES];
        new SecureRandom().nextBytes(id);
        var text = HexFormat.of().formatHex(id).getBytes(StandardCharsets.US_ASCII);
        return line.write(commands -> commands.set(STORE, text, SetArgs.Builder.nx()))
                .then(
                        line.write(commands ->
                                commands.set(FINGERPRINT, fingerprint, SetArgs.Builder.nx())))
                .then(Mono.defer(this::read))
                .map(found ->
                        found.store().isPresent()
                                        && found.fingerprint()
                                                .filter(f -> Arrays.equals(f, fingerprint))
                                                .isPresent()
                                ? remember(found.store().get())
                                : new MarkerState.NotOurs(
                                        "ls:deployment was changed at the same time"));
    }
}
