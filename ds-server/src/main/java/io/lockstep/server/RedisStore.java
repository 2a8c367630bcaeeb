package io.lockstep.server;

import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.redis.ConnectFailure;
import io.lockstep.redis.DeploymentGuard;
import io.lockstep.redis.EmbeddedRedis;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisServerCheck.Severity;
import io.lockstep.redis.RedisSettings;
import io.lockstep.redis.StoreCheck;
import io.lockstep.redis.StoreClockCheck;
import io.lockstep.redis.ValueRewrapper;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.redis.log.RedisBlobStore;
import io.lockstep.redis.log.RedisGroupLog;
import io.lockstep.redis.quota.RedisQuotaStore;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.runtime.KeyDerivation;
import io.lockstep.runtime.Keyring;
import io.lockstep.server.health.WatchedExecutor;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// A store in one Redis.
final class RedisStore implements Store {
    private final String where;
    private final Optional<EmbeddedRedis> embedded;
    private final RedisConnections connections;
    private final Scheduler timers = Schedulers.newParallel("redis-timers", 1, true);
    private final RedisGroupLog log;
    private final BlobStore blobs;
    private final KeyPackageStore keyPackages;
    private final InboxStore inboxes;
    private final RedisRevocationStore revocations;
    private final QuotaStore quotas;
    private final Keyring keyring;
    private final ValueRewrapper rewrapper;

    private RedisStore(
            String where,
            Optional<EmbeddedRedis> embedded,
            RedisConnections connections,
            DeploymentKeys keys,
            InstantSource clock,
            MeterRegistry meters) {
        this.where = where;
        this.embedded = embedded;
        this.connections = connections;
        keyring = DeploymentGuard.check(connections, keys);
        StoreClockCheck.check(connections, clock);
        log = new RedisGroupLog(connections, keyring, timers, clock);
        blobs = new RedisBlobStore(connections, keyring);
        keyPackages = new RedisKeyPackageStore(connections, keyring);
        inboxes = new RedisInboxStore(connections, keyring);
        revocations = new RedisRevocationStore(connections, keyring, timers);
        quotas = new RedisQuotaStore(connections);
        rewrapper = new ValueRewrapper(connections, keys, timers, meters);
    }

    /// Connects to a Redis that is already running. Blocks.
    ///
    /// @throws StartupException if Redis is unreachable, weaker than accepted, or holds the data of
    /// another deployment
    static RedisStore connect(
            URI uri,
            RedisSettings settings,
            DeploymentKeys keys,
            InstantSource clock,
            MeterRegistry meters) {
        return open(uri, Optional.empty(), settings, keys, clock, meters);
    }

    /// Connects to a Redis that this server started; closing the store stops it. Blocks.
    static RedisStore of(
            EmbeddedRedis redis,
            RedisSettings settings,
            DeploymentKeys keys,
            InstantSource clock,
            MeterRegistry meters) {
        try {
            return open(URI.create(redis.uri()), Optional.of(redis), settings, keys, clock, meters);
        } catch (RuntimeException e) {
            redis.close();
            throw e;
        }
    }

    private static RedisStore open(
            URI uri,
            Optional<EmbeddedRedis> embedded,
            RedisSettings settings,
            DeploymentKeys keys,
            InstantSource clock,
            MeterRegistry meters) {
        var where = withoutSecrets(uri);
        RedisConnections connections;
        try {
            connections = RedisConnections.open(uri.toString(), settings, meters);
        } catch (RuntimeException e) {
            // Lettuce's messages and causes may contain the URI with its password, so they are
            // dropped.
            throw new StartupException(
                    "Redis at "
                            + where
                            + " cannot be connected to: "
                            + ConnectFailure.describe(uri, e),
                    null);
        }
        // Before anything is written: a store that loses writes would refuse that without a reason
        // of its own.
        var refusals = StoreFactory.refusals(connections.findings(), settings.weakerAccepted());
        if (!refusals.isEmpty()) {
            connections.close();
            throw new StartupException(refusals, null);
        }
        try {
            return new RedisStore(where, embedded, connections, keys, clock, meters);
        } catch (RuntimeException e) {
            connections.close();
            throw new StartupException(
                    "Redis at " + where + " cannot be used: " + e.getMessage(), e);
        }
    }

    static String withoutSecrets(URI uri) {
        var userInfo = uri.getRawUserInfo();
        return userInfo == null ? uri.toString() : uri.toString().replace(userInfo + "@", "");
    }

    List<Finding> findings() {
        return connections.findings();
    }

    @Override
    public KeyDerivation names() {
        return keyring;
    }

    @Override
    public GroupLog log() {
        return log;
    }

    @Override
    public BlobStore blobs() {
        return blobs;
    }

    @Override
    public KeyPackageStore keyPackages() {
        return keyPackages;
    }

    @Override
    public InboxStore inboxes() {
        return inboxes;
    }

    @Override
    public RevocationStore revocations() {
        return revocations;
    }

    @Override
    public QuotaStore quotas() {
        return quotas;
    }

    @Override
    public boolean hasRoom() {
        return connections.hasRoom();
    }

    @Override
    public List<StoreCheck> checks() {
        return connections.checks();
    }

    @Override
    public String ownersUri() {
        return embedded.map(EmbeddedRedis::uri).orElse(where);
    }

    @Override
    public List<WatchedExecutor> threads() {
        var threads = new ArrayList<WatchedExecutor>();
        connections
                .threads()
                .forEach((name, executor) -> threads.add(new WatchedExecutor(name, executor)));
        threads.add(new WatchedExecutor("redis-timers", timers.createWorker()::schedule));
        return threads;
    }

    @Override
    public String uri() {
        return where;
    }

    @Override
    public List<String> description() {
        var lines = new ArrayList<String>();
        lines.add(where + embedded.map(own -> ", " + own.description()).orElse(""));
        var good = new ArrayList<String>();
        for (var finding : findings()) {
            if (finding.severity() == Severity.OK) {
                good.add(finding.text());
            } else {
                lines.add("WEAK: " + finding.text());
            }
        }
        lines.add(1, String.join(", ", good));
        connections.checks().stream()
                .filter(check -> !check.ok())
                .forEach(check -> lines.add("NOT READY: " + check.name() + ": " + check.detail()));
        return lines;
    }

    @Override
    public void close() {
        rewrapper.close();
        revocations.close();
        log.close();
        connections.close();
        timers.dispose();
        embedded.ifPresent(EmbeddedRedis::close);
    }
}
