package io.lockstep.server;

import io.lockstep.auth.Revocations;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.server.health.HealthCheck;
import io.lockstep.server.health.WatchedExecutor;
import java.util.List;

/// What the server keeps its data in.
interface Store extends AutoCloseable {
    GroupLog log();

    BlobStore blobs();

    KeyPackageStore keyPackages();

    InboxStore inboxes();

    Revocations revocations();

    /// Whether it can be asked now; never blocks.
    boolean reachable();

    /// What `/readyz` asks beside whether a stop has begun; see [HealthCheck] for what a check may do.
    default List<HealthCheck> readiness() {
        return List.of(
                HealthCheck.of(
                        "store",
                        () ->
                                reachable()
                                        ? HealthCheck.up()
                                        : HealthCheck.down("the store is not connected")));
    }

    /// Its threads that must never be stuck.
    default List<WatchedExecutor> threads() {
        return List.of();
    }

    /// Its URI without secrets; empty where there is none.
    String uri();

    /// What it is and how far it can be relied on, a line each, for people.
    List<String> description();

    @Override
    void close();
}
