package io.lockstep.client.member;

import io.lockstep.client.Acceptance;
import io.lockstep.client.CommitBundle;
import io.lockstep.client.LockstepClient;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.client.mls.MlsIdentity.ExternalCommit;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// An accepted external commit and the group that it produced.
record ExternalJoinResult(MlsGroup group, Acceptance accepted) {
    /// Others that join at the same time win as many epochs.
    private static final int RETRIES = 60;

    private static final Duration FIRST_RETRY = Duration.ofMillis(20);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(4);

    /// Fetches the GroupInfo and sends an external commit; repeats both when another commit won the
    /// epoch. An external commit with an unknown outcome is first sent again unchanged: a new one
    /// would leave its first leaf in the group.
    ///
    /// @param unsettled external commits with an unknown outcome, by group; used on the engine
    ///     thread
    static Mono<ExternalJoinResult> attempt(
            LockstepClient client,
            EngineThread engine,
            MlsIdentity identity,
            GroupId id,
            Map<GroupId, ExternalCommit> unsettled) {
        var anew = anew(client, engine, identity, id, unsettled);
        return engine.call(_ -> Optional.ofNullable(unsettled.get(id)))
                .flatMap(kept ->
                        kept.map(join ->
                                        commit(client, engine, id, join, unsettled)
                                                .onErrorResume(
                                                        e -> !FailureClassifier.isUnknown(e),
                                                        _ -> anew))
                                .orElse(anew));
    }

    private static Mono<ExternalJoinResult> anew(
            LockstepClient client,
            EngineThread engine,
            MlsIdentity identity,
            GroupId id,
            Map<GroupId, ExternalCommit> unsettled) {
        return Mono.defer(
                        () -> {
                            // Stop deliveries first: entries for the device's earlier leaf are not
                            // for the new one.
                            client.detach(id);
                            return client.directory().groupInfo(id);
                        })
                .flatMap(info ->
                        engine.call(
                                _ -> identity.joinExternally(info.message(), info.ratchetTree())))
                .flatMap(join -> commit(client, engine, id, join, unsettled))
                .retryWhen(
                        Retry.backoff(RETRIES, FIRST_RETRY)
                                .maxBackoff(LONGEST_RETRY)
                                .filter(ExternalJoinResult::wasOvertaken)
                                .onRetryExhaustedThrow((_, signal) -> signal.failure()));
    }

    private static Mono<ExternalJoinResult> commit(
            LockstepClient client,
            EngineThread engine,
            GroupId id,
            ExternalCommit join,
            Map<GroupId, ExternalCommit> unsettled) {
        return engine.call(_ -> Optional.ofNullable(unsettled.put(id, join)))
                .flatMap(_ -> client.commit(bundle(id, join)))
                .doOnSuccess(_ -> engine.execute(() -> unsettled.remove(id)))
                .doOnError(e -> {
                    if (!FailureClassifier.isUnknown(e)) {
                        engine.execute(() -> unsettled.remove(id));
                    }
                })
                .map(accepted -> new ExternalJoinResult(join.group(), accepted));
    }

    private static CommitBundle bundle(GroupId id, ExternalCommit join) {
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
                && refused.refusal().retry() == RetryAdvice.AFTER_REBASE;
    }
}
