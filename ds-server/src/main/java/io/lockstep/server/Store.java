package io.lockstep.server;

import io.lockstep.auth.Revocations;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
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

    /// Its URI without secrets; empty where there is none.
    String uri();

    /// What it is and how far it can be relied on, a line each, for people.
    List<String> description();

    @Override
    void close();
}
