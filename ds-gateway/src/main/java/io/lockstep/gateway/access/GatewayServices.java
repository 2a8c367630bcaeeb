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
import io.lockstep.ordering.Ordering;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;

/// What the gateway hands on to.
///
/// @param log for who may fetch a GroupInfo, and the GroupInfo; appends go through `ordering` only
/// @param keyPackageStore for whose KeyPackages a Welcome names
/// @param authenticator refuses the devices that `revocations` names
/// @param revocations to end the sessions of devices revoked, on whichever node
/// @param live whether the process does its work; asked on event loops, so it must not block
/// @param ready whether the service behind the gateway can serve; asked on event loops, so it must not block
public record GatewayServices(
        Ordering ordering,
        Fanout fanout,
        GroupLog log,
        BlobStore blobs,
        KeyPackageStore keyPackageStore,
        KeyPackageDirectory keyPackages,
        InboxStore inbox,
        Authenticator authenticator,
        RevocationStore revocations,
        DeviceService devices,
        Pseudonyms pseudonyms,
        InstantSource clock,
        MeterRegistry meters,
        BooleanSupplier live,
        BooleanSupplier ready) {}
