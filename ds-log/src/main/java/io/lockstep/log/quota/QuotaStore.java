package io.lockstep.log.quota;

import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;

/// Accounts of use, shared by all nodes. What an account has used is a debt in time for each
/// measure: the time until all of it is paid. A charge adds to the debt, and the debt falls as time
/// passes, by the store's clock (the generic cell rate algorithm). So an account is a few numbers,
/// and an account that owes nothing is deleted. Every implementation passes `QuotaStoreContract`. A
/// Mono fails with [QuotaUnavailableException] when the store does not answer.
public interface QuotaStore {
    /// Precision of debts.
    Duration RESOLUTION = Duration.ofNanos(1_000);

    /// Adds charges to an account, and returns all its debts.
    ///
    /// @param account a pseudonym, 16 bytes (invariant I8)
    /// @param charges above 0, in whole microseconds; empty to ask only
    /// @return what it owes now, the charges included; measures of which it owes nothing are absent
    Mono<Map<QuotaMeasure, Duration>> charge(Bytes account, Map<QuotaMeasure, Duration> charges);
}
