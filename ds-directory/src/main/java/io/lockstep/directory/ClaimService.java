package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.BulkClaimResult.UserClaim;
import io.lockstep.directory.ClaimResult.ClaimedKeyPackage;
import io.lockstep.directory.ClaimResult.MissingKeyPackage;
import io.lockstep.wire.Code;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Executes claims: checks policy and rates, and claims one KeyPackage for each device.
final class ClaimService {
    private static final Logger LOG = LoggerFactory.getLogger(ClaimService.class);

    /// Devices of one user that one claim reads at the same time.
    private static final int DEVICES_AT_ONCE = 8;

    /// Users of one bulk claim that are claimed at the same time. If the requester disconnects, up
    /// to this many may be claimed and not sent.
    private static final int USERS_AT_ONCE = 32;

    private final KeyPackageStore store;
    private final ClaimRateLimiter rates;
    private final int lowMark;
    private final MeterRegistry meters;

    ClaimService(
            KeyPackageStore store,
            KeyPackageLimits limits,
            LongSupplier nanos,
            MeterRegistry meters) {
        this.store = store;
        this.rates = new ClaimRateLimiter(limits.rates(), nanos);
        this.lowMark = limits.lowMark();
        this.meters = meters;
    }

    Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, ClaimRequest request) {
        return Mono.defer(() -> {
            var wait = rates.requested(requester.user(), 1);
            return wait.isPresent()
                    ? Mono.just(limited("requester", new ClaimResult.ClaimRateLimited(wait.get())))
                    : claimOf(requester, user, device, request);
        });
    }

    Mono<BulkClaimResult> claimAll(
            ClientId requester, Collection<String> users, ClaimRequest request) {
        return Mono.fromSupplier(() -> {
            var each = new LinkedHashSet<>(users);
            var wait = rates.requested(requester.user(), each.size());
            return wait.isPresent()
                    ? limited("requester", new BulkClaimResult.BulkRateLimited(wait.get()))
                    : new BulkClaimResult.UserClaims(
                            Flux.fromIterable(each)
                                    .flatMapSequential(
                                            user -> claimInBulk(requester, user, request),
                                            USERS_AT_ONCE,
                                            1));
        });
    }

    private Mono<UserClaim> claimInBulk(ClientId requester, String user, ClaimRequest request) {
        return claimOf(requester, user, Optional.empty(), request)
                .onErrorResume(
                        DirectoryUnavailableException.class,
                        e -> {
                            LOG.warn("a claim of a bulk request failed: {}", e.toString());
                            return Mono.just(new ClaimResult.StoreFailed());
                        })
                .map(result -> new UserClaim(user, result));
    }

    private Mono<ClaimResult> claimOf(
            ClientId requester, String user, Optional<String> device, ClaimRequest request) {
        return Mono.defer(() -> {
            boolean own = requester.user().equals(user);
            var wait = own ? Optional.<Duration>empty() : rates.mayMiss(requester.user());
            return wait.isPresent()
                    ? Mono.just(limited("names", new ClaimResult.ClaimRateLimited(wait.get())))
                    : Mono.zip(store.devices(user), store.claimPolicy(user))
                            .flatMap(known ->
                                    known.getT2().lets(requester.user(), user)
                                            ? claimOf(
                                                    requester, user, known.getT1(), device, request)
                                            : missed(requester, own));
        });
    }

    /// The result is the same for an unknown user and for one that does not allow the claim.
    private Mono<ClaimResult> missed(ClientId requester, boolean own) {
        if (!own) {
            rates.missed(requester.user());
        }
        return Mono.just(new ClaimResult.UnknownClient());
    }

    private Mono<ClaimResult> claimOf(
            ClientId requester,
            String user,
            Set<String> known,
            Optional<String> device,
            ClaimRequest request) {
        boolean own = requester.user().equals(user);
        var devices = new TreeSet<>(known);
        device.ifPresent(only -> devices.removeIf(name -> !name.equals(only)));
        if (devices.isEmpty()) {
            return missed(requester, own);
        }
        if (own) {
            // No client adds its own device.
            devices.remove(requester.device());
            return claimOf(user, devices, request, false);
        }
        var wait = rates.claimed(requester.user(), user);
        return wait.isEmpty()
                ? claimOf(user, devices, request, false)
                : claimOf(user, devices, request, true)
                        .map(result ->
                                hasNone(result)
                                        ? limited(
                                                "target",
                                                new ClaimResult.ClaimRateLimited(wait.get()))
                                        : result);
    }

    private static boolean hasNone(ClaimResult result) {
        return result instanceof ClaimResult.DevicesClaimed(var claimed, _) && claimed.isEmpty();
    }

    /// @param lastResortOnly true when the requester has used its share of single-use ones
    private Mono<ClaimResult> claimOf(
            String user, Set<String> devices, ClaimRequest request, boolean lastResortOnly) {
        return Flux.fromIterable(devices)
                .map(device -> new ClientId(user, device))
                .flatMapSequential(
                        client ->
                                store.claim(client, request, lastResortOnly)
                                        .flatMap(handOut -> tellLow(client, handOut))
                                        .map(handOut -> new DeviceClaim(client, handOut)),
                        DEVICES_AT_ONCE)
                .collectList()
                .map(this::claimed);
    }

    private record DeviceClaim(ClientId client, ClaimOutcome handOut) {}

    /// Notifies the owner once when the low-water mark is reached, once more when nothing remains,
    /// and when its last resort is handed out for the first time. The claim succeeds even if that
    /// fails.
    private Mono<ClaimOutcome> tellLow(ClientId client, ClaimOutcome handOut) {
        boolean reached =
                handOut
                                instanceof
                                ClaimOutcome.KeyPackageFound(
                                        var keyPackage,
                                        var remaining,
                                        var lastResortClaims)
                        && (keyPackage.lastResort()
                                ? lastResortClaims == 1
                                : remaining == lowMark || remaining == 0);
        return reached
                ? store.announceLow(client).onErrorComplete().thenReturn(handOut)
                : Mono.just(handOut);
    }

    private ClaimResult claimed(List<DeviceClaim> perDevice) {
        var claimed = new ArrayList<ClaimedKeyPackage>();
        var missing = new ArrayList<MissingKeyPackage>();
        for (var device : perDevice) {
            switch (device.handOut()) {
                case ClaimOutcome.KeyPackageFound(var k, _, _) -> {
                    claimed.add(
                            new ClaimedKeyPackage(
                                    device.client(),
                                    k.ref(),
                                    k.kind(),
                                    k.lastResort(),
                                    k.message()));
                    meters.counter(
                                    "lockstep.directory.keypackages.claimed",
                                    "last.resort",
                                    Boolean.toString(k.lastResort()))
                            .increment();
                }
                case ClaimOutcome.NothingCompatible() ->
                        missing.add(missing(device.client(), Code.NOTHING_COMPATIBLE));
                case ClaimOutcome.Exhausted() ->
                        missing.add(missing(device.client(), Code.KEY_PACKAGES_EXHAUSTED));
            }
        }
        return new ClaimResult.DevicesClaimed(claimed, missing);
    }

    private MissingKeyPackage missing(ClientId client, Code code) {
        meters.counter("lockstep.directory.keypackages.missing", "code", code.wireName())
                .increment();
        return new MissingKeyPackage(client, code);
    }

    private <T> T limited(String whose, T result) {
        meters.counter("lockstep.directory.claims.limited", "whose", whose).increment();
        return result;
    }
}
