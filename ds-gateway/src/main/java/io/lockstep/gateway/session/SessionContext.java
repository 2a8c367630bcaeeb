package io.lockstep.gateway.session;

import io.lockstep.gateway.access.GatewayServices;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.PolicyDefaults;
import io.lockstep.gateway.access.StoreAdmission;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.connection.GatewayMetrics;
import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.gateway.quota.Quotas;
import java.time.Duration;

/// The state and services that all sessions share. Thread-safe.
///
/// @param unfinished budget of the sessions' incomplete messages
/// @param store asked before anything is added to the store
/// @param lookupMax from taking a submission to handing it to ordering
/// @param development whether the server is for development on one machine: a person may then type
///     the frames of a session
public record SessionContext(
        GatewayServices services,
        SessionLimits limits,
        ReceiveLimits receive,
        ByteBudget unfinished,
        int blobBytesMax,
        Duration lookupMax,
        SubmissionRateLimiter rates,
        StoreAdmission store,
        Quotas quotas,
        GroupAccess access,
        BlobCache blobs,
        PolicyDefaults policyDefault,
        GatewayMetrics metrics,
        SessionRegistry registry,
        HeartbeatWheels heartbeats,
        AttachRateLimiter attachRates,
        AttachRateLimiter inboxAckRates,
        boolean development) {}
