package io.lockstep.log;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// A store for bytes outside of the logs. Each blob belongs to one group and is addressed by its
/// SHA-256: long messages, ratchet trees, content shared by all joiners of a commit. A blob is
/// immutable, and its address is never reused, so it may be cached anywhere without expiry.
///
/// A blob records the position of the first entry that referred to it, so that a member that was
/// removed later can still fetch it.
///
/// The life of a blob can only be extended. It is [#UNREFERENCED] from its upload, and far longer
/// once an append refers to it. An append extends the lives of all its blobs in the same atomic
/// step, or does not happen ([GroupLog#append], [AppendOutcome.BlobsMissing]). Blobs of the stored
/// GroupInfo live until another one replaces it, even in an idle group, because external joiners
/// need them. Every implementation passes `BlobStoreContract`. A Mono fails with
/// [LogUnavailableException] when the store does not answer.
public interface BlobStore {
    /// The life of a blob to which no append refers.
    Duration UNREFERENCED = Duration.ofHours(1);

    /// The minimum life of content that a joiner needs: longer than that of its inbox messages.
    Duration PARTS_MIN = Duration.ofDays(31);

    /// How much longer than its entry a blob lives, because entries are trimmed a little late.
    Duration SLACK = Duration.ofDays(1);

    /// Stores a blob durably. An existing blob is not changed, but its life is extended. The Mono
    /// fails with [BlobQuotaExceededException], and nothing is stored, when the group's blobs have
    /// reached their limit.
    ///
    /// @param sha256 SHA-256 of `content`
    /// @param life minimum life from now on. It exceeds [#UNREFERENCED] only for blobs that the
    ///     service stores for itself: such a blob counts among all blobs of the group, not among
    ///     uploads, and is never refused.
    /// @return whether the blob was new
    Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content, Duration life);

    /// @return empty when the blob does not exist
    Mono<BlobInfo> info(GroupId group, Bytes sha256);

    /// @return empty when the blob does not exist
    Mono<Bytes> get(GroupId group, Bytes sha256);

    /// A part of a blob, for a caller that sends it in chunks without holding all of it.
    ///
    /// @param from with `length` within the blob's size
    /// @return empty when the blob does not exist
    Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length);

    /// The life of a message's blob from its append on.
    static Duration messageLife(GroupRules policy) {
        return policy.retention().plus(SLACK);
    }

    /// The life of the blob of a Welcome, a GroupInfo or a ratchet tree.
    static Duration partLife(GroupRules policy) {
        var life = messageLife(policy);
        return life.compareTo(PARTS_MIN) < 0 ? PARTS_MIN : life;
    }
}
