package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.Outcome;
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

/// The sender of one group. Confined to one thread.
final class Broadcast {
    private final Sender sender;
    private final MessageSource source;
    private final SizeProfile sizes;
    private final SplittableRandom random;
    private long numbered;

    /// @param firstNumber of the messages, which are numbered from there
    Broadcast(Sender sender, MessageSource source, SizeProfile sizes, long seed, long firstNumber) {
        this.sender = sender;
        this.source = source;
        this.sizes = sizes;
        random = new SplittableRandom(seed);
        numbered = firstNumber;
    }

    /// What was sent in one round, and what became of it.
    final class Sent {
        /// By the number of the message.
        final Map<Long, String> sha256 = new HashMap<>();

        final Histogram accepted = new Histogram(3);
        private final List<Bytes> messages = new ArrayList<>();
        private final List<CompletableFuture<Outcome>> answers = new ArrayList<>();
        private final List<Long> intended = new ArrayList<>();
        int refused;

        /// @param remark told what was refused
        void awaitAnswers(Consumer<String> remark) {
            for (int i = 0; i < answers.size(); i++) {
                var outcome = Sender.await(answers.get(i), Mode.PATIENCE);
                accepted.recordValue(Math.max(0, outcome.nanos() - intended.get(i)));
                if (!outcome.isAccepted()) {
                    refused++;
                    remark.accept("refused: " + outcome.answer().getRefused().getCode());
                }
            }
        }

        /// Messages that everybody is to get.
        long good() {
            return (long) answers.size() - refused;
        }

        /// How many of them nobody with keys can read.
        long unreadable() {
            return messages.stream().filter(m -> !source.isReadable(m)).count();
        }
    }

    Sent newRound() {
        return new Sent();
    }

    /// Sends by the schedule; returns when the last is on its way.
    ///
    /// @param sendings each of so many messages together
    void send(Sent sent, Schedule schedule, int sendings, int together) {
        for (int i = 0; i < sendings; i++) {
            long moment = schedule.intended(i);
            var batch = batch(sent, moment, together);
            Schedule.awaitNanos(moment);
            sent.answers.addAll(sender.publish(batch));
        }
    }

    private List<Bytes> batch(Sent sent, long moment, int together) {
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
