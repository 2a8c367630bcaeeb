package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.GroupStateLimits;
import java.time.Duration;

/// The limits of the ordering module. A full queue refuses immediately with [Code#OVERLOADED]; no
/// submission waits for room.
///
/// The constructor checks this arithmetic:
///
/// ```
/// largest submission ≤ mailboxBytesMax ≤ queuedBytesMax   one submission always fits an idle group
/// batchCountMax      ≤ mailboxCountMax                    a mailbox can hold a full batch
/// memory             ≈ queuedBytesMax + residentBytesMax
///                      + batches in progress (≤ the mailbox of each active group)
/// last answer ≤ answerWithin + one sweep (half a second)
/// unreachableAfter ≤ answerWithin                         the answer names the known cause
/// ```
///
/// It does not check `2 batchCountMax ≤ memory.resendKeysMax()`, because only time depends on it:
/// otherwise a batch is cut where its own keys evict older ones.
///
/// **Resend keys.** A submission whose key is not in memory can be decided without a call to the
/// log if memory reaches back to the start of its epoch. That is true for a group whose window (the
/// epochs still accepted) contains fewer entries than `memory.resendKeysMax()`. The default is
/// 65,536 entries or 8 MB; only a group with that many entries uses this memory. Beyond it, and
/// after a group was read again with a window longer than `recentEntriesMax`, each batch first
/// looks up all its submissions in the log with one call. This costs one more round trip per batch,
/// not per message. It costs the store about 1–2 µs per message, in addition to the 5–8 µs of its
/// append.
///
/// @param mailboxCountMax submissions that wait in one group's mailbox
/// @param mailboxBytesMax bytes of these submissions
/// @param queuedBytesMax bytes of waiting submissions in all groups: 256 MiB is a second of 2
///     Gbit/s
/// @param batchCountMax submissions appended in one call. Above 50 a call costs no less per
///     message; above some hundreds it delays other users of the store.
/// @param batchBytesMax bytes appended in one call; a larger submission is a batch of its own
/// @param memory what each group remembers, and how much of it a refusal contains
/// @param actorsMax groups held in memory
/// @param residentBytesMax approximate bytes held by the states of all groups. Beyond it idle
///     groups are removed early.
/// @param idleAfter a group without submissions is removed after this time
/// @param callTimeout a call to the log without an answer after this time is treated as lost. It is
///     longer than the store's own time-outs: it ensures that a lost callback cannot block a group
///     for ever.
/// @param unreachableAfter how long a batch is retried while the log is unavailable. It is half a
///     second if the log refuses for a lasting reason and no entry of the batch may be in the log.
/// @param retryFirst pause before the first retry, doubled each time
/// @param retryMax longest pause between retries
/// @param frozenRecheck minimum time between two comparisons of a frozen group with the log
/// @param answerWithin a submission without an answer after this time is refused, or reported as of
///     unknown outcome if it may be in the log. This happens when other nodes always append first,
///     or when the log is slow.
/// @param turnMax longest pause of a node before its next append, after another node's appends came
///     too late. Pauses start short. It must exceed the slowest node's round trip to the store;
///     otherwise that node never has a turn.
public record OrderingLimits(
        int mailboxCountMax,
        int mailboxBytesMax,
        long queuedBytesMax,
        int batchCountMax,
        int batchBytesMax,
        GroupStateLimits memory,
        int actorsMax,
        long residentBytesMax,
        Duration idleAfter,
        Duration callTimeout,
        Duration unreachableAfter,
        Duration retryFirst,
        Duration retryMax,
        Duration frozenRecheck,
        Duration answerWithin,
        Duration turnMax) {
    /// A commit of 64 KiB, a Welcome of 1 MiB, a GroupInfo of 64 KiB.
    public static final int SUBMISSION_BYTES_MAX = (1 << 20) + (2 << 16);

    /// The longest interval between two checks of deadlines.
    static final Duration SWEEP_MAX = Duration.ofMillis(500);

    /// How long a batch is retried while the log refuses it for a lasting reason. A restarted store
    /// is verified within this time; a full store stays full.
    static final Duration REFUSED_MAX = Duration.ofMillis(500);

    /// The memory of a waiting submission in addition to its bytes.
    public static final int SUBMISSION_OVERHEAD_BYTES = 512;

    public static final OrderingLimits DEFAULT =
            new OrderingLimits(
                    4096,
                    8 << 20,
                    256L << 20,
                    256,
                    1 << 20,
                    new GroupStateLimits(64, 256 << 10, 1 << 16),
                    100_000,
                    512L << 20,
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(5),
                    Duration.ofMillis(20),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(3),
                    Duration.ofSeconds(10),
                    Duration.ofMillis(200));

    public OrderingLimits {
        atMost(
                "the largest submission",
                SUBMISSION_BYTES_MAX + SUBMISSION_OVERHEAD_BYTES,
                "mailboxBytesMax",
                mailboxBytesMax);
        atMost("mailboxBytesMax", mailboxBytesMax, "queuedBytesMax", queuedBytesMax);
        atMost("1", 1, "batchCountMax", batchCountMax);
        atMost("batchCountMax", batchCountMax, "mailboxCountMax", mailboxCountMax);
        atMost("1", 1, "batchBytesMax", batchBytesMax);
        atMost("1", 1, "actorsMax", actorsMax);
        atMost("1 ms", 1, "retryFirst", retryFirst.toMillis());
        atMost("retryFirst", retryFirst.toMillis(), "retryMax", retryMax.toMillis());
        atMost("retryMax", retryMax.toMillis(), "unreachableAfter", unreachableAfter.toMillis());
        atMost("1 ms", 1, "callTimeout", callTimeout.toMillis());
        atMost("1 ms", 1, "idleAfter", idleAfter.toMillis());
        atMost(
                "unreachableAfter",
                unreachableAfter.toMillis(),
                "answerWithin",
                answerWithin.toMillis());
        atMost("1 ms", 1, "turnMax", turnMax.toMillis());
        atMost("turnMax", turnMax.toMillis(), "answerWithin", answerWithin.toMillis());
    }

    /// Upper bound of the time from a submission to its answer.
    public Duration answerMax() {
        return answerWithin.plus(SWEEP_MAX);
    }

    /// Replaces the limits over all groups.
    public OrderingLimits withBytesMax(long queued, long resident) {
        return new OrderingLimits(
                mailboxCountMax,
                mailboxBytesMax,
                queued,
                batchCountMax,
                batchBytesMax,
                memory,
                actorsMax,
                resident,
                idleAfter,
                callTimeout,
                unreachableAfter,
                retryFirst,
                retryMax,
                frozenRecheck,
                answerWithin,
                turnMax);
    }

    /// Replaces the time within which a submission is answered.
    OrderingLimits withAnswerWithin(Duration within) {
        return new OrderingLimits(
                mailboxCountMax,
                mailboxBytesMax,
                queuedBytesMax,
                batchCountMax,
                batchBytesMax,
                memory,
                actorsMax,
                residentBytesMax,
                idleAfter,
                callTimeout,
                unreachableAfter,
                retryFirst,
                retryMax,
                frozenRecheck,
                within,
                turnMax);
    }

    private static void atMost(String less, long a, String more, long b) {
        if (a > b) {
            throw new IllegalArgumentException(
                    less + " (" + a + ") exceeds " + more + " (" + b + ")");
        }
    }
}
