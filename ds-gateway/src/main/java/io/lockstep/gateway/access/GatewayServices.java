package io.lockstep.gateway.access;

import io.lockstep.auth.Authenticator;
import io.lockstep.auth.RevocationStore;
import io.lockstep.directory.DeviceService;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.KeyPackageDirectory;
import io.lockstep.directory.KeyPackageStore;
import io.lockstep.fanout.Fanout;
import io.lockstep.log.BlobStore;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.ordering.Ordering;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/// The services behind the gateway.
///
/// @param log read for GroupInfos and proposals and for the check of who may fetch them; takes
///     GroupInfos apart from commits; only `ordering` appends
/// @param remembered the groups that `ordering` and `fanout` have seen
/// @param keyPackageStore finds the owners of the KeyPackages that a Welcome names
/// @param authenticator refuses the devices that `revocations` names
/// @param revocations ends the sessions of revoked devices, whichever node revoked them
/// @param quotas accounts of use that all nodes share
/// @param live whether the process makes progress; called on event loops, must not block
/// @param ready whether the services behind the gateway can serve; called on event loops, must not
///     block
/// @param hasRoom whether the store has room for more data; called on event loops, must not block
public record GatewayServices(
        Ordering ordering,
        Fanout fanout,
        GroupLog log,
        KnownIncarnations remembered,
        BlobStore blobs,
        KeyPackageStore keyPackageStore,
        KeyPackageDirectory keyPackages,
        InboxStore inbox,
        Authenticator authenticator,
        RevocationStore revocations,
        DeviceService devices,
        Pseudonyms pseudonyms,
        QuotaStore quotas,
        InstantSource clock,
        MeterRegistry meters,
        BooleanSupplier live,
        BooleanSupplier ready,
        BooleanSupplier hasRoom) {}
