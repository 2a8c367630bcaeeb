package io.lockstep.gateway.session;

import io.lockstep.gateway.GatewayMetrics;
import io.lockstep.gateway.GatewayServices;
import io.lockstep.gateway.GroupAccess;
import io.lockstep.gateway.PolicyDefaults;
import io.lockstep.gateway.SessionLimits;
import io.lockstep.gateway.blob.GroupBlobs;

/// What all sessions share. Thread-safe.
public record SessionContext(
        GatewayServices services,
        SessionLimits limits,
        int blobBytesMax,
        GroupAccess access,
        GroupBlobs blobs,
        PolicyDefaults policyDefault,
        GatewayMetrics metrics,
        SessionRegistry registry,
        Heartbeats heartbeats) {}
