package io.lockstep.client.member;

import io.lockstep.client.LockstepClient;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Puts the GroupInfo of a group after a commit that brought none. Every member hears of such a
/// commit. Each waits a random time, and the first one puts the GroupInfo; the others find it there.
///
/// Confined to the engine thread.
final class GroupInfoFiler {
    private static final Logger LOG = LoggerFactory.getLogger(GroupInfoFiler.class);

    private final LockstepClient client;
    private final EngineThread engine;
    private final Supplier<Duration> delay;

    /// @param applied the position that the device has applied
    private record CurrentGroupInfo(long applied, Bytes message) {}

    /// One for each group: it puts the GroupInfo of the epoch in which the wait ends.
    private final Map<GroupId, Disposable> waiting = new HashMap<>();

    /// @param delay a random time, below half a minute or so
    GroupInfoFiler(LockstepClient client, EngineThread engine, Supplier<Duration> delay) {
        this.client = client;
        this.engine = engine;
        this.delay = delay;
    }

    /// Handles a commit without a GroupInfo.
    void missing(Conversation conversation) {
        var id = conversation.id();
        if (waiting.containsKey(id)) {
            return;
        }
        waiting.put(
                id,
                Mono.delay(delay.get())
                        .flatMap(_ -> engine.call(_ -> Optional.ofNullable(waiting.remove(id))))
                        .flatMap(_ -> client.directory().hasCurrentGroupInfo(id))
                        .filter(isThere -> !isThere)
                        .flatMap(_ -> engine.call(_ -> current(conversation)))
                        .flatMap(Mono::justOrEmpty)
                        .flatMap(found ->
                                client.directory()
                                        .putGroupInfo(id, found.applied(), found.message()))
                        .subscribe(
                                _ -> {},
                                e ->
                                        LOG.debug(
                                                "group {}: its GroupInfo was not put: {}",
                                                id,
                                                e.getMessage())));
    }

    private static Optional<CurrentGroupInfo> current(Conversation conversation) {
        return conversation.isRemoved()
                ? Optional.empty()
                : Optional.of(
                        new CurrentGroupInfo(
                                conversation.applied(), conversation.group().groupInfo()));
    }

    void close() {
        waiting.values().forEach(Disposable::dispose);
        waiting.clear();
    }
}
