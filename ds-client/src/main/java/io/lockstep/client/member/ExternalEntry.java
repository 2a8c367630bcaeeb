package io.lockstep.client.member;

import io.lockstep.client.Accepted;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.IsolatedEngine;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.client.mls.MlsIdentity.ExternalJoin;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.RetryClass;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// An external commit that was accepted, and the group it made.
record ExternalEntry(MlsGroup group, Accepted accepted) {
    private static final int RETRIES = 30;
    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LONGEST_RETRY = Duration.ofMillis(500);

    /// Fetches the GroupInfo and commits; anew when another commit was faster.
    static Mono<ExternalEntry> attempt(
            LockstepClient client, IsolatedEngine engine, MlsIdentity identity, GroupId id) {
        return Mono.defer(
                        () -> {
                            // What the device's former self may still be shown is not for the new
                            // one.
                            client.detach(id);
                            return client.directory().groupInfo(id);
                        })
                .flatMap(info ->
                        engine.call(
                                _ -> identity.joinExternally(info.message(), info.ratchetTree())))
                .flatMap(join ->
                        client.commit(bundle(id, join))
                                .map(accepted -> new ExternalEntry(join.group(), accepted)))
                .retryWhen(
                        Retry.backoff(RETRIES, FIRST_RETRY)
                                .maxBackoff(LONGEST_RETRY)
                                .filter(ExternalEntry::wasOvertaken)
                                .onRetryExhaustedThrow((_, signal) -> signal.failure()));
    }

    private static CommitBundle bundle(GroupId id, ExternalJoin join) {
        return new CommitBundle(
                id,
                join.commit(),
                Bytes.EMPTY,
                join.newGroupInfo(),
                join.newRatchetTree(),
                List.of(),
                List.of(),
                0);
    }

    private static boolean wasOvertaken(Throwable e) {
        return e instanceof RefusedException refused
                && refused.refusal().retry() == RetryClass.AFTER_REBASE;
    }
}
