package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.Bytes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each client's durable inbox. Every implementation passes `InboxStoreContract`. A Mono fails with
/// [DirectoryUnavailableException] when the store does not answer.
public interface InboxStore {
    /// How long mail waits for its client: a KeyPackage rarely lives longer. Less than
    /// [io.lockstep.log.BlobStore#PARTS_MIN], so that what it refers to is there as long.
    Duration MAIL_LIFE = Duration.ofDays(30);

    /// Files mail; the same id twice is one piece. Completes when durable.
    Mono<Void> file(Map<ClientId, List<Mail>> mail);

    /// All mail not yet acknowledged nor older than [#MAIL_LIFE], oldest first.
    Mono<List<Mail>> list(ClientId client);

    /// Forgets mail of this client's inbox; other ids do nothing.
    ///
    /// @return how many of them, each named once, were there
    Mono<Long> acknowledge(ClientId client, Set<Bytes> ids);

    /// Deletes all mail of a client.
    Mono<Void> clear(ClientId client);

    /// Clients for whom mail was just filed, on whichever node: a hint to look. May repeat, may be lost
    /// while the store is out of reach.
    Flux<ClientId> filed();
}
