package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// Bytes kept apart from the logs, each belonging to one group and addressed by its SHA-256: long messages,
/// ratchet trees, what all joiners of a commit share. It never changes and is never named twice for two
/// things, so it may be kept anywhere for as long as anybody likes.
///
/// A blob remembers the first entry that referred to it, so that who was removed later can still fetch it.
///
/// A blob lives for a time that only ever grows: [#UNREFERENCED] from its upload, and far longer once an
/// append refers to it, which extends the lives of all its blobs in the same atomic step or does not happen
/// ([GroupLog#append], [AppendOutcome.BlobsMissing]). Those of the stored GroupInfo live until a commit replaces
/// it, however quiet the group: they are the way in. Every implementation passes `BlobStoreContract`. A Mono
/// fails with [LogUnavailableException] when the store does not answer.
public interface BlobStore {
    /// How long a blob lives that no append refers to.
    Duration UNREFERENCED = Duration.ofHours(1);

    /// How long at least what a joiner needs lives: longer than its mail does.
    Duration PARTS_MIN = Duration.ofDays(31);

    /// How much longer a blob lives than the group retains its entry, as entries go a little late.
    Duration SLACK = Duration.ofDays(1);

    /// Stores a blob, durably. What is there already is left as it is, its life extended.
    ///
    /// @param sha256 SHA-256 of `content`
    /// A Mono fails with [BlobsFullException], and nothing is stored, when the group's blobs take as much as they may.
    ///
    /// @param life how long it lives from now on at least. Longer than [#UNREFERENCED] only for what the service
    ///     keeps for itself: it counts among all blobs of the group, not among uploads, and is never refused
    /// @return whether it was not there before
    Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content, Duration life);

    /// @return empty when there is no such blob
    Mono<BlobInfo> info(GroupId group, Bytes sha256);

    /// @return empty when there is no such blob
    Mono<Bytes> get(GroupId group, Bytes sha256);

    /// A part of a blob, for whoever sends it bit by bit and does not want to hold it meanwhile.
    ///
    /// @param from with `length` within the blob's size
    /// @return empty when there is no such blob
    Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length);

    /// How long the blob of a referred-to message lives from its append on.
    static Duration messageLife(GroupPolicy policy) {
        return policy.retention().plus(SLACK);
    }

    /// How long that of a Welcome, a GroupInfo or a ratchet tree does.
    static Duration partLife(GroupPolicy policy) {
        var life = messageLife(policy);
        return life.compareTo(PARTS_MIN) < 0 ? PARTS_MIN : life;
    }
}
