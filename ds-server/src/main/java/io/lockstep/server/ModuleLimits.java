package io.lockstep.server;

import io.lockstep.directory.DirectoryLimits;
import io.lockstep.directory.KeyPackageLimits;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.gateway.limits.QuotaLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.ordering.actor.OrderingLimits;
import io.lockstep.server.config.ByteSize;
import io.lockstep.server.config.ServerSettings;
import java.time.Duration;
import java.util.List;

/// The limits of each module, computed from the operator's settings, the modules' defaults, and the
/// memory and file descriptors of this process.
///
/// @param gateway its sockets report to fan-out at fan-out's high-water mark
/// @param memory how memory is divided, for people
record ModuleLimits(
        OrderingLimits ordering,
        FanoutLimits fanout,
        DirectoryLimits directory,
        GatewayLimits gateway,
        List<String> memory) {
    /// Computes the limits for the memory of this process.
    ///
    /// @throws IllegalArgumentException if limits contradict each other, or do not fit into memory
    static ModuleLimits of(ServerSettings settings) {
        var tls = settings.tls().certificate().map(_ -> TlsEngine.best());
        return of(settings, MemoryBudget.ofThisProcess(tls, settings.listen().eventLoops()));
    }

    static ModuleLimits of(ServerSettings settings, MemoryBudget memory) {
        var fanout = memory.fanout();
        var gateway = gateway(settings.limits(), settings.quotas(), fanout, memory);
        return new ModuleLimits(
                memory.ordering(),
                fanout,
                directory(settings.keyPackages()),
                gateway,
                memory.description(gateway.connections().max()));
    }

    private static DirectoryLimits directory(ServerSettings.KeyPackageSettings settings) {
        var defaults = KeyPackageLimits.DEFAULT;
        return DirectoryLimits.DEFAULT.withKeyPackages(
                new KeyPackageLimits(
                        settings.perSuiteMax(),
                        defaults.perUploadMax(),
                        defaults.bytesMax(),
                        settings.lifetimeMax().isZero()
                                ? DirectoryLimits.LIFETIME_UNLIMITED
                                : settings.lifetimeMax(),
                        settings.lowMark(),
                        KeyPackageLimits.Rates.of(
                                settings.claimsPerRequester(),
                                settings.claimsPerTarget(),
                                positive("key-packages.claims-period", settings.claimsPeriod()))));
    }

    private static GatewayLimits gateway(
            ServerSettings.LimitSettings limits,
            ServerSettings.QuotaSettings quotas,
            FanoutLimits fanout,
            MemoryBudget memory) {
        var session = SessionLimits.DEFAULT;
        return new GatewayLimits(
                new GatewayLimits.Connections(
                        FileDescriptors.ofThisProcess()
                                .connections(
                                        memory.connections(limits.connectionsMax()),
                                        limits.connectionsMax()),
                        limits.connectionsPerAddressMax(),
                        memory.handshakes()),
                memory.http(),
                new SessionLimits(
                        bytes(limits.frameBytesMax()),
                        bytes(limits.messageBytesMax()),
                        bytes(limits.welcomeBytesMax()),
                        limits.submissionsInFlightMax(),
                        limits.attachedGroupsMax(),
                        session.answerBytesMax(),
                        fanout.highWaterBytes() / 2,
                        fanout.highWaterBytes(),
                        limits.helloTimeout(),
                        session.authenticationTimeout(),
                        limits.pingInterval(),
                        session.closeTimeout(),
                        limits.drain(),
                        session.drainOverlap()),
                memory.receive(bytes(limits.frameBytesMax())),
                memory.blobs(),
                SubmissionLimits.DEFAULT.withRates(
                        limits.submissionsPerSecond(), limits.submissionBytesPerSecond().bytes()),
                quotas(quotas),
                positive("limits.stop-timeout", limits.stopTimeout()));
    }

    private static QuotaLimits quotas(ServerSettings.QuotaSettings settings) {
        var stored = positive("quotas.stored-period", settings.storedPeriod());
        return new QuotaLimits(
                QuotaBudget.perSecond(settings.clientMessagesPerSecond()),
                QuotaBudget.perSecond(settings.clientCommitsPerSecond()),
                new QuotaBudget(settings.clientMemberships(), QuotaLimits.MEMBERSHIPS),
                new QuotaBudget(settings.userEntries(), stored),
                new QuotaBudget(settings.userBytes().bytes(), stored),
                new QuotaBudget(settings.userGroups(), QuotaLimits.GROUPS),
                new QuotaBudget(settings.userGroupsPerDay(), QuotaLimits.DAY),
                new QuotaBudget(settings.userUploadBytesPerHour().bytes(), QuotaLimits.UPLOADS),
                QuotaBudget.perSecond(settings.groupMessagesPerSecond()),
                QuotaBudget.perSecond(settings.groupCommitsPerSecond()),
                new QuotaBudget(settings.groupEntries(), stored),
                new QuotaBudget(settings.groupBytes().bytes(), stored),
                QuotaBudget.perSecond(settings.allMessagesPerSecond()),
                QuotaBudget.perSecond(settings.allCommitsPerSecond()),
                new QuotaBudget(settings.allEntries(), stored),
                new QuotaBudget(settings.allBytes().bytes(), stored),
                new QuotaBudget(settings.allGroups(), QuotaLimits.GROUPS));
    }

    private static int bytes(ByteSize size) {
        if (size.bytes() > 1 << 30) {
            throw new IllegalArgumentException("a limit of " + size + " is more than 1GiB");
        }
        return size.toInt();
    }

    private static Duration positive(String key, Duration duration) {
        if (!duration.isPositive()) {
            throw new IllegalArgumentException(key + " is more than 0");
        }
        return duration;
    }
}
