package io.lockstep.redis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// Settings of the connections to Redis.
///
/// @param connectTimeout the maximum time to connect at start
/// @param commandTimeout time after which a command fails without a reply: short, because an append
///     that waits holds up its group, but longer than an fsync on a busy disk
/// @param heartbeat interval at which the heads of followed groups are compared with the store
/// @param verifyInterval interval of the verification of Redis while nothing else triggers it: the
///     longest time until an unsafe change by an operator is noticed
/// @param requestsMax commands in flight per connection; further ones are refused at once
/// @param requestBytesMax bytes of commands in flight per connection; further ones are refused at
///     once. 16 MiB are 64 chunks of blobs, or 8 of the longest bundles
/// @param weakerAccepted weaknesses of the store that the operator accepts, of
///     [RedisServerCheck#ACCEPTABLE]
/// @param certificateAuthority PEM file with the certificates that verify a TLS server; empty for
///     those of Java
/// @param memoryMarks how full the store may become before additions are refused
public record RedisSettings(
        Duration connectTimeout,
        Duration commandTimeout,
        Duration heartbeat,
        Duration verifyInterval,
        int requestsMax,
        long requestBytesMax,
        Set<String> weakerAccepted,
        Optional<Path> certificateAuthority,
        MemoryMarks memoryMarks) {
    public static final RedisSettings DEFAULT =
            new RedisSettings(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(2),
                    65_536,
                    16 << 20,
                    Set.of(),
                    Optional.empty(),
                    MemoryMarks.DEFAULT);

    public RedisSettings {
        weakerAccepted = Set.copyOf(weakerAccepted);
        if (connectTimeout.isNegative()
                || commandTimeout.isZero()
                || heartbeat.isZero()
                || verifyInterval.isZero()
                || requestsMax < 1
                || requestBytesMax < 1) {
            throw new IllegalArgumentException(
                    "the durations and limits of the Redis settings" + " must be positive");
        }
    }

    public RedisSettings withConnectTimeout(Duration timeout) {
        return new RedisSettings(
                timeout,
                commandTimeout,
                heartbeat,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withCommandTimeout(Duration timeout) {
        return new RedisSettings(
                connectTimeout,
                timeout,
                heartbeat,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withHeartbeat(Duration interval) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                interval,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withVerifyInterval(Duration interval) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                heartbeat,
                interval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withInFlightMax(int requests, long requestBytes) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                heartbeat,
                verifyInterval,
                requests,
                requestBytes,
                weakerAccepted,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withWeakerAccepted(Set<String> names) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                heartbeat,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                names,
                certificateAuthority,
                memoryMarks);
    }

    public RedisSettings withCertificateAuthority(Optional<Path> file) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                heartbeat,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                file,
                memoryMarks);
    }

    public RedisSettings withMemoryMarks(MemoryMarks marks) {
        return new RedisSettings(
                connectTimeout,
                commandTimeout,
                heartbeat,
                verifyInterval,
                requestsMax,
                requestBytesMax,
                weakerAccepted,
                certificateAuthority,
                marks);
    }
}
