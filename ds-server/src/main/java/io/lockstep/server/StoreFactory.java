package io.lockstep.server;

import io.lockstep.redis.EmbeddedRedis;
import io.lockstep.redis.MemoryMarks;
import io.lockstep.redis.RedisServerCheck;
import io.lockstep.redis.RedisServerCheck.Finding;
import io.lockstep.redis.RedisSettings;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.server.config.ServerSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Chooses and opens the store of a server.
final class StoreFactory {
    private static final Logger LOG = LoggerFactory.getLogger(StoreFactory.class);

    private StoreFactory() {}

    /// Opens the configured Redis, or starts one, or uses memory with a warning.
    ///
    /// @throws StartupException if the configured Redis cannot be used
    static Store forDevelopment(
            ServerSettings settings,
            DataFolder folder,
            DeploymentKeys keys,
            InstantSource clock,
            MeterRegistry meters) {
        // Development accepts weak durability, but data must survive a restart.
        var accepted = new HashSet<>(RedisServerCheck.ACCEPTABLE);
        accepted.remove("aof-rewrite");
        var redis = redis(settings).withWeakerAccepted(accepted);
        if (settings.redis().uri().isPresent()) {
            return RedisStore.connect(settings.redis().uri().get(), redis, keys, clock, meters);
        }
        EmbeddedRedis own;
        try {
            own = EmbeddedRedis.start(folder.redis(), 0);
        } catch (IOException e) {
            LOG.warn(
                    "NO REDIS could be started: all data is in MEMORY ONLY and is lost at the end;"
                            + " install redis-server, or name a Redis with --redis",
                    e);
            return new MemoryStore(keys.current());
        }
        return RedisStore.of(own, redis, keys, clock, meters);
    }

    /// Opens the configured Redis.
    ///
    /// @param reasons receives the reasons why it cannot be used
    /// @return empty if it was not opened
    static Optional<Store> forService(
            ServerSettings settings,
            Optional<DeploymentKeys> keys,
            InstantSource clock,
            MeterRegistry meters,
            List<String> reasons) {
        var accepted = settings.durability().weakerAccepted();
        accepted.stream()
                .filter(name -> !RedisServerCheck.ACCEPTABLE.contains(name))
                .forEach(name ->
                        reasons.add(
                                "durability.weaker-accepted: \""
                                        + name
                                        + "\" is none of "
                                        + String.join(
                                                ", ",
                                                RedisServerCheck.ACCEPTABLE.stream()
                                                        .sorted()
                                                        .toList())));
        if (settings.redis().uri().isEmpty() || keys.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    RedisStore.connect(
                            settings.redis().uri().get(),
                            redis(settings),
                            keys.get(),
                            clock,
                            meters));
        } catch (StartupException e) {
            reasons.addAll(e.reasons());
            return Optional.empty();
        }
    }

    /// The reasons against using a Redis with these findings.
    ///
    /// @param accepted names of weaknesses
    static List<String> refusals(List<Finding> findings, Collection<String> accepted) {
        var reasons = new ArrayList<String>();
        for (var finding : findings) {
            if (finding.isGoodEnough(Set.copyOf(accepted))) {
                continue;
            }
            boolean acceptable = RedisServerCheck.ACCEPTABLE.contains(finding.name());
            reasons.add(
                    "Redis: "
                            + finding.text()
                            + (acceptable
                                    ? " (to accept that: durability.weaker-accepted "
                                            + finding.name()
                                            + ")"
                                    : ""));
        }
        return reasons;
    }

    private static RedisSettings redis(ServerSettings settings) {
        return RedisSettings.DEFAULT
                .withCommandTimeout(settings.redis().timeout())
                .withMemoryMarks(
                        new MemoryMarks(
                                settings.redis().memoryHighPercent(),
                                settings.redis().memoryLowPercent()))
                .withWeakerAccepted(Set.copyOf(settings.durability().weakerAccepted()))
                .withCertificateAuthority(settings.redis().certificateAuthority());
    }

    /// Returns what `building` creates on the store, or closes the store if it fails.
    static <T> T closedOnFailure(Store store, Supplier<T> building) {
        try {
            return building.get();
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }
}
