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

/// Identifies the store by two values in it: the fingerprint of the deployment key, and a random id
/// that the store gets at its first use. A node remembers the id. A store without this id, or with
/// another one, does not contain the node's groups.
///
/// Only an empty store gets an id, and only while no node that remembers a store listens on
/// [#NODES]. Otherwise the first node that restarts after a loss of data would make the empty store
/// valid for all nodes.
final class DeploymentMarker {
    static final byte[] FINGERPRINT = Script.ascii("ls:deployment");
    static final byte[] STORE = Script.ascii("ls:store");

    /// A channel without messages. A node that remembers a store subscribes to it.
    static final byte[] NODES = Script.ascii("ls:nodes");

    private static final int ID_BYTES = 16;

    /// Digits of the key at the start of a fingerprint. The number of the layout follows them.
    private static final int KEY_DIGITS = 16;

    private final PipelinedConnection connection;
    private volatile byte @Nullable [] expected;
    private volatile byte[] before = {};
    private volatile byte @Nullable [] remembered;

    DeploymentMarker(PipelinedConnection connection) {
        this.connection = connection;
    }

    /// From now on the store must belong to this deployment.
    ///
    /// @param fingerprintBefore that of a layout whose data this release uses, too
    void expect(byte[] fingerprint, byte[] fingerprintBefore) {
        before = fingerprintBefore;
        expected = fingerprint;
    }

    /// The id of the store. Empty until it is known.
    Optional<byte[]> store() {
        return Optional.ofNullable(remembered);
    }

    /// The result of a read of the marker.
    sealed interface MarkerState {
        record Ours() implements MarkerState {}

        /// This node saw the store for the first time.
        record FirstSeen() implements MarkerState {}

        record NotOurs(String reason) implements MarkerState {}
    }

    Mono<MarkerState> check() {
        var fingerprint = expected;
        if (fingerprint == null) {
            return Mono.just(new MarkerState.Ours());
        }
        return read().flatMap(found ->
                        found.fingerprint()
                                        .filter(f -> MessageDigest.isEqual(f, before))
                                        .isPresent()
                                ? upgrade(fingerprint)
                                : Mono.just(found))
                .flatMap(found -> judge(fingerprint, found));
    }

    private record Marks(Optional<byte[]> fingerprint, Optional<byte[]> store) {}

    private Mono<Marks> read() {
        return connection
                .send(commands -> commands.mget(FINGERPRINT, STORE))
                .map(values ->
                        new Marks(values.getFirst().optional(), values.getLast().optional()));
    }

    /// From then on nodes of the earlier release refuse the store.
    private Mono<Marks> upgrade(byte[] fingerprint) {
        return connection
                .write(commands -> commands.set(FINGERPRINT, fingerprint))
                .then(Mono.defer(this::read));
    }

    private Mono<MarkerState> judge(byte[] fingerprint, Marks found) {
        if (found.fingerprint().isPresent()
                && !MessageDigest.isEqual(found.fingerprint().get(), fingerprint)) {
            return Mono.just(
                    new MarkerState.NotOurs(
                            isOtherLayout(found.fingerprint().get(), fingerprint)
                                    ? "the data in this Redis has another layout than this release"
                                            + " reads: another release wrote it, and it cannot"
                                            + " be converted"
                                    : "the data in this Redis was written under another deployment"
                                            + " key"));
        }
        var known = remembered;
        if (known != null) {
            return Mono.just(compareIds(known, found));
        }
        if (found.fingerprint().isPresent() && found.store().isPresent()) {
            return Mono.just(remember(found.store().get()));
        }
        if (found.fingerprint().isPresent()) {
            // An earlier release wrote the data and no id.
            return make(fingerprint);
        }
        return others().flatMap(others ->
                others > 0
                        ? Mono.just(new MarkerState.NotOurs(othersRemember(others)))
                        : make(fingerprint));
    }

    static String othersRemember(long nodes) {
        return "it contains no data of this deployment, and "
                + nodes
                + " other node(s) remember a store with data";
    }

    /// True for the same key with another layout, or with none.
    private static boolean isOtherLayout(byte[] found, byte[] fingerprint) {
        return found.length >= KEY_DIGITS
                && fingerprint.length >= KEY_DIGITS
                && MessageDigest.isEqual(
                        Arrays.copyOf(found, KEY_DIGITS), Arrays.copyOf(fingerprint, KEY_DIGITS));
    }

    private static MarkerState compareIds(byte[] known, Marks found) {
        if (found.fingerprint().isEmpty() || found.store().isEmpty()) {
            return new MarkerState.NotOurs(
                    "it has lost this deployment's data: ls:deployment is missing. Restore the"
                            + " data,"
                            + " or stop all nodes and start them with an empty store");
        }
        return Arrays.equals(known, found.store().get())
                ? new MarkerState.Ours()
                : new MarkerState.NotOurs(
                        "it is not the store that this node started with. Restore the data,"
                                + " or restart this node");
    }

    private MarkerState remember(byte[] store) {
        remembered = store;
        return new MarkerState.FirstSeen();
    }

    private Mono<Long> others() {
        return connection
                .send(commands -> commands.pubsubNumsub(NODES))
                .map(counts -> counts.values().stream().mapToLong(Long::longValue).sum());
    }

    /// If several nodes do this at the same time, the first one wins (`SET NX`).
    private Mono<MarkerState> make(byte[] fingerprint) {
        var id = new byte[ID_BYTES];
        new SecureRandom().nextBytes(id);
        var text = HexFormat.of().formatHex(id).getBytes(StandardCharsets.US_ASCII);
        return connection
                .write(commands -> commands.set(STORE, text, SetArgs.Builder.nx()))
                .then(
                        connection.write(commands ->
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
