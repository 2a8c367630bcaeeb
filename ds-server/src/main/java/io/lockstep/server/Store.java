package io.lockstep.server;

import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.redis.StoreCheck;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.server.health.HealthCheck;
import io.lockstep.server.health.WatchedExecutor;
import java.util.List;

/// The storage of a server: the implementations of all ports, with their checks.
interface Store extends AutoCloseable {
    /// The keys that names become pseudonyms with.
    KeyDerivation names();

    GroupLog log();

    BlobStore blobs();

    KeyPackageStore keyPackages();

    InboxStore inboxes();

    RevocationStore revocations();

    QuotaStore quotas();

    /// Whether the store can serve now; never blocks.
    default boolean reachable() {
        return checks().stream().allMatch(StoreCheck::ok);
    }

    /// Whether the store has room for more data; never blocks.
    default boolean hasRoom() {
        return true;
    }

    /// The last known results of the store's checks. Sends no request and never blocks.
    List<StoreCheck> checks();

    /// The store's part of `/readyz`; see [HealthCheck] for what a check may do.
    default List<HealthCheck> readiness() {
        return checks().stream()
                .map(check -> HealthCheck.of(check.name(), () -> status(check)))
                .toList();
    }

    private static HealthCheck.Status status(StoreCheck check) {
        if (!check.ok()) {
            return HealthCheck.down(check.detail());
        }
        return check.warns() ? HealthCheck.upBut(check.detail()) : HealthCheck.up();
    }

    /// The store's threads that must never be stuck.
    default List<WatchedExecutor> threads() {
        return List.of();
    }

    /// The URI without secrets; empty if the store has none.
    String uri();

    /// Like [#uri], with the password if this server started the store. For files that only the
    /// owner can read.
    default String ownersUri() {
        return uri();
    }

    /// Lines for people: what the store is, and how reliable it is.
    List<String> description();

    @Override
    void close();
}
