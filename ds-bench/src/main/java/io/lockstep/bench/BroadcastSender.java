package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.SubmitResult;
import io.lockstep.bench.traffic.SizeProfile;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/// Sends the messages of one group by a schedule. Confined to one thread.
final class BroadcastSender {
    private final Sender sender;
    private final MessageSource source;
    private final SizeProfile sizes;
    private final SplittableRandom random;
    private long numbered;

    /// @param firstNumber number of the first message
    BroadcastSender(
            Sender sender, MessageSource source, SizeProfile sizes, long seed, long firstNumber) {
        this.sender = sender;
        this.source = source;
        this.sizes = sizes;
        random = new SplittableRandom(seed);
        numbered = firstNumber;
    }

    /// The messages of one round and their outcomes.
    final class BroadcastRound {
        /// Keyed by the number of the message.
        final Map<Long, String> sha256 = new HashMap<>();

        final Histogram accepted = new Histogram(3);
        private final List<Bytes> messages = new ArrayList<>();
        private final List<CompletableFuture<SubmitResult>> answers = new ArrayList<>();
        private final List<Long> intended = new ArrayList<>();
        int refused;

        /// @param remark receives a line for each refusal
        void awaitAnswers(Consumer<String> remark) {
            for (int i = 0; i < answers.size(); i++) {
                var outcome = Sender.await(answers.get(i), LoadMode.PATIENCE);
                accepted.recordValue(Math.max(0, outcome.nanos() - intended.get(i)));
                if (!outcome.isAccepted()) {
                    refused++;
                    remark.accept("refused: " + outcome.answer().getRefused().getCode());
                }
            }
        }

        /// Returns the number of messages that every receiver must get.
        long good() {
            return (long) answers.size() - refused;
        }

        /// Returns how many of them no member with keys could decrypt.
        long unreadable() {
            return messages.stream().filter(m -> !source.isReadable(m)).count();
        }
    }

    BroadcastRound newRound() {
        return new BroadcastRound();
    }

    /// Sends by the schedule. Returns when the last message is submitted.
    ///
    /// @param sendings number of sendings, each with the given number of messages together
    void send(BroadcastRound sent, Schedule schedule, int sendings, int together) {
        for (int i = 0; i < sendings; i++) {
            long moment = schedule.intended(i);
            var batch = batch(sent, moment, together);
            Schedule.awaitNanos(moment);
            sent.answers.addAll(sender.publish(batch));
        }
    }

    private List<Bytes> batch(BroadcastRound sent, long moment, int together) {
        var batch = new ArrayList<Bytes>(together);
        for (int b = 0; b < together; b++) {
            var stamp = new Stamp(numbered++, moment);
            var message = source.application(stamp, sizes.next(random));
            sent.sha256.put(stamp.number(), message.sha256().hex());
            sent.messages.add(message);
            sent.intended.add(moment);
            batch.add(message);
        }
        return batch;
    }
}
