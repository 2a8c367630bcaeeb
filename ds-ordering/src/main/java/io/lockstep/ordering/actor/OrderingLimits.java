package io.lockstep.ordering.actor;

import io.lockstep.ordering.state.MemoryLimits;
import java.time.Duration;

/// Every bound of the ordering module. What is full refuses at once with [Code#OVERLOADED]; nothing waits
/// for room.
///
/// Arithmetic that the constructor holds to:
///
/// ```
/// largest submission ≤ mailboxBytesMax ≤ queuedBytesMax        one submission always fits an idle group
/// batchCountMax      ≤ mailboxCountMax                         a full batch can gather
/// memory             ≈ queuedBytesMax + residentBytesMax + in work (≤ mailbox of each group at work)
/// last answer, whatever happens ≤ answerWithin + one sweep (half a second)
/// unreachableAfter ≤ answerWithin                              the cause is told where it is known
/// ```
///
/// Not held to, as nothing but time hangs on it: `2 batchCountMax ≤ memory.resendKeysMax()`, or a batch is cut where its own keys
/// push older ones out.
///
/// **Resend keys.** A submission whose key is not in memory can be decided without asking the log if memory reaches back to
/// the start of its epoch. It does for a group whose window (the epochs still accepted) holds fewer entries than
/// `memory.resendKeysMax()`: at the default, 65,536 entries or 8 MB, which only a group that has carried as many costs. Beyond it, and
/// after a group was read anew with a window longer than `recentEntriesMax`, each batch first asks the log about all its
/// submissions at once: one more round trip for a batch, not for a message, and about 1–2 µs of the store for each message
/// beside the 5–8 that its append costs.
///
/// @param mailboxCountMax submissions that wait in one group's mailbox
/// @param mailboxBytesMax their bytes
/// @param queuedBytesMax bytes of waiting submissions in all groups: 256 MiB is a second of 2 Gbit/s
/// @param batchCountMax submissions appended in one call: beyond 50 a call costs no less per message, beyond some hundreds it
///     delays the others who share the store
/// @param batchBytesMax bytes appended in one call; a larger submission goes alone
/// @param memory what each group remembers, and what a refusal tells of it
/// @param actorsMax groups held in memory
/// @param residentBytesMax what their states may hold on to altogether, roughly; when exceeded, idle groups are put away early
/// @param idleAfter a group without submissions is put away after this
/// @param callTimeout a call to the log that has not answered by then is taken for lost. Longer than the store's own timeouts:
///     it is there so that a lost callback cannot hold a group for ever
/// @param unreachableAfter how long a batch is tried again while the log cannot be reached; where the log
///     refuses for a reason that lasts, and nothing of the batch may be in it, half a second
/// @param retryFirst pause before the first retry, doubled each time
/// @param retryMax longest pause between retries
/// @param frozenRecheck a frozen group is compared with the log again no more often than this
/// @param answerWithin a submission that has not been answered by then is refused, or told to be of unknown outcome where
///     it may be in the log: when other nodes are always faster, or the log is slow
/// @param turnMax who appends while another node's appends come too late pauses up to so long before its next one, in
///     short steps first: longer than the slowest node's way to the store and back, or that node never has a turn
public record OrderingLimits(
        int mailboxCountMax,
        int mailboxBytesMax,
        long queuedBytesMax,
        int batchCountMax,
        int batchBytesMax,
        MemoryLimits memory,
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

    /// How often deadlines are looked at, at least.
    static final Duration SWEEP_MAX = Duration.ofMillis(500);

    /// How long a batch is tried again while the log refuses it for a reason that lasts: a store that
    /// was restarted is verified within this, a full one is not emptied.
    static final Duration REFUSED_MAX = Duration.ofMillis(500);

    /// What a waiting submission costs beside its bytes.
    public static final int MAIL_BYTES = 512;

    public static final OrderingLimits DEFAULT =
            new OrderingLimits(
                    4096,
                    8 << 20,
                    256L << 20,
                    256,
                    1 << 20,
                    new MemoryLimits(64, 256 << 10, 1 << 16),
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
                SUBMISSION_BYTES_MAX + MAIL_BYTES,
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

    /// When the last answer to a submission has come, whatever happens.
    public Duration answerMax() {
        return answerWithin.plus(SWEEP_MAX);
    }

    /// What all groups together may hold.
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

    /// When a submission is answered at the latest.
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
