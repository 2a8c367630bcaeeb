package io.lockstep.server;

import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.redis.StoreCheck;
import io.lockstep.server.health.HealthCheck;
import io.lockstep.server.health.WatchedExecutor;
import java.util.List;

/// What the server keeps its data in.
interface Store extends AutoCloseable {
    GroupLog log();

    BlobStore blobs();

    KeyPackageStore keyPackages();

    InboxStore inboxes();

    RevocationStore revocations();

    /// Whether it can serve now; never blocks.
    default boolean reachable() {
        return checks().stream().allMatch(StoreCheck::ok);
    }

    /// What serving depends on, as it was found last; asks nothing, never blocks.
    List<StoreCheck> checks();

    /// What `/readyz` asks beside whether a stop has begun; see [HealthCheck] for what a check may do.
    default List<HealthCheck> readiness() {
        return checks().stream()
                .map(check ->
                        HealthCheck.of(
                                check.name(),
                                () ->
                                        check.ok()
                                                ? HealthCheck.up()
                                                : HealthCheck.down(check.detail())))
                .toList();
    }

    /// Its threads that must never be stuck.
    default List<WatchedExecutor> threads() {
        return List.of();
    }

    /// Its URI without secrets; empty where there is none.
    String uri();

    /// As [#uri], but of one that this server started with its password: for files that only the owner reads.
    default String ownersUri() {
        return uri();
    }

    /// What it is and how far it can be relied on, a line each, for people.
    List<String> description();

    @Override
    void close();
}
