/// Quotas that all nodes share: what clients, users, groups and the deployment may use.
///
/// A node counts what it admits in accounts of its own ([io.lockstep.gateway.quota.QuotaLedger]) and
/// settles them with the store in the background, so no submission waits for a quota.
///
/// Threads: *thread-safe*; an account is guarded by its monitor, and nothing blocks while it is held.
@NullMarked
package io.lockstep.gateway.quota;

import org.jspecify.annotations.NullMarked;
