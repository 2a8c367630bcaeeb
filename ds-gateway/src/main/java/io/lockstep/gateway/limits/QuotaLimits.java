package io.lockstep.gateway.limits;

import java.time.Duration;

/// The quotas that all nodes share, by client, user and group, and of the whole deployment. Far
/// above what the load generator and the largest group use: they are for abuse, and an operator
/// sizes them to the store.
///
/// @param clientMessages messages and proposals of one client
/// @param clientCommits commits of one client
/// @param clientMemberships groups that one client creates, joins or is added to
/// @param userEntries messages and commits that one user stores
/// @param userBytes bytes of them, with what they refer to
/// @param userGroups groups that one user creates
/// @param userGroupsPerDay the same, over a short time
/// @param userUploadBytes bytes of blobs that one user uploads
/// @param groupMessages messages and proposals to one group
/// @param groupCommits commits to one group
/// @param groupEntries messages and commits stored in one group
/// @param groupBytes bytes of them, with what they refer to
/// @param allMessages messages and proposals of all clients
/// @param allCommits commits of all clients
/// @param allEntries messages and commits that are stored
/// @param allBytes bytes of them, with what they refer to
/// @param allGroups groups that are created
public record QuotaLimits(
        QuotaBudget clientMessages,
        QuotaBudget clientCommits,
        QuotaBudget clientMemberships,
        QuotaBudget userEntries,
        QuotaBudget userBytes,
        QuotaBudget userGroups,
        QuotaBudget userGroupsPerDay,
        QuotaBudget userUploadBytes,
        QuotaBudget groupMessages,
        QuotaBudget groupCommits,
        QuotaBudget groupEntries,
        QuotaBudget groupBytes,
        QuotaBudget allMessages,
        QuotaBudget allCommits,
        QuotaBudget allEntries,
        QuotaBudget allBytes,
        QuotaBudget allGroups) {
    public static final Duration DAY = Duration.ofDays(1);

    /// A blob to which nothing refers lives for an hour.
    public static final Duration UPLOADS = Duration.ofHours(1);

    /// Created groups are forgotten slowly, because a group may live for ever.
    public static final Duration GROUPS = Duration.ofDays(365);

    /// So are memberships: the service does not count what a client leaves.
    public static final Duration MEMBERSHIPS = Duration.ofDays(90);

    /// What is stored is trimmed after the default retention.
    private static final Duration STORED = Duration.ofDays(30);

    public static final QuotaLimits DEFAULT =
            new QuotaLimits(
                    QuotaBudget.perSecond(5_000),
                    QuotaBudget.perSecond(500),
                    new QuotaBudget(20_000, MEMBERSHIPS),
                    new QuotaBudget(50_000_000, STORED),
                    new QuotaBudget(64L << 30, STORED),
                    new QuotaBudget(100_000, GROUPS),
                    new QuotaBudget(10_000, DAY),
                    new QuotaBudget(16L << 30, UPLOADS),
                    QuotaBudget.perSecond(20_000),
                    QuotaBudget.perSecond(1_000),
                    new QuotaBudget(50_000_000, STORED),
                    new QuotaBudget(64L << 30, STORED),
                    QuotaBudget.UNLIMITED,
                    QuotaBudget.UNLIMITED,
                    QuotaBudget.UNLIMITED,
                    QuotaBudget.UNLIMITED,
                    QuotaBudget.UNLIMITED);
}
