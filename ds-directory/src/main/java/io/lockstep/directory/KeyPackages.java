package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;

/// What clients ask of the directory about KeyPackages: reads and checks the bytes, then uses the
/// [KeyPackageStore]. A Mono fails with [DirectoryUnavailableException] when the store does not answer.
public interface KeyPackages {
    /// @param body one or several concatenated MLSMessages with KeyPackages, or bare KeyPackages
    Mono<PublishResult> publish(ClientId owner, Bytes body);

    /// At most one KeyPackage for each of the user's devices.
    ///
    /// @param device limits it to this device
    /// @param suites in order of preference
    Mono<ClaimResult> claim(
            ClientId requester, String user, Optional<String> device, List<Integer> suites);

    /// How many single-use KeyPackages the client has left, per suite.
    Mono<Map<Integer, Long>> count(ClientId owner);
}
