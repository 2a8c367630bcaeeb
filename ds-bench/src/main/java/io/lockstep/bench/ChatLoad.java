package io.lockstep.bench;

import io.lockstep.bench.traffic.Schedule;
import io.lockstep.bench.traffic.Sender;
import io.lockstep.bench.traffic.Sender.SubmitResult;
import io.lockstep.bench.traffic.SizeProfile;
import io.lockstep.bench.traffic.Stamp;
import io.lockstep.bench.traffic.WorkerRequest;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/// Load on many small groups with an occasional message in each. The senders own the groups but do
/// not attach to them.
final class ChatLoad {
    static final String KIND = "chats";

    private final List<Sender> senders;
    private final List<MessageSource> groups = new ArrayList<>();
    private final String prefix;
    private final int firstMember;
    private final int groupSize;
    private final SizeProfile sizes;
    private final SplittableRandom random;
    private long numbered;

    /// @param firstMember first of the members `[firstMember, firstMember + groups * groupSize)`
    ChatLoad(
            List<Sender> senders,
            String prefix,
            int groupCount,
            int firstMember,
            int groupSize,
            SizeProfile sizes,
            long seed) {
        this.senders = senders;
        this.prefix = prefix;
        this.firstMember = firstMember;
        this.groupSize = groupSize;
        this.sizes = sizes;
        random = new SplittableRandom(seed);
        for (int i = 0; i < groupCount; i++) {
            groups.add(MessageSource.synthetic(GroupSetup.id(prefix + i)));
        }
    }

    /// Returns a load without chats.
    static ChatLoad none() {
        return new ChatLoad(List.of(), "", 0, 0, 1, new SizeProfile.Fixed(0), 0);
    }

    WorkerRequest.GroupAssignment seats() {
        return new WorkerRequest.GroupAssignment(
                firstMember, firstMember + groups.size() * groupSize, prefix, groupSize, KIND);
    }

    /// @param names names of all members of the run
    void found(ConsoleReporter screen, List<String> names) {
        try (var progress = screen.progress("creating chats", groups.size())) {
            var outcomes = new ArrayList<CompletableFuture<SubmitResult>>();
            for (int i = 0; i < groups.size(); i++) {
                int from = firstMember + i * groupSize;
                outcomes.addAll(
                        GroupSetup.beginFounding(
                                senderOf(i),
                                prefix + i,
                                groups.get(i),
                                names.subList(from, from + groupSize)));
            }
            for (int i = 0; i < outcomes.size(); i++) {
                GroupSetup.require(Sender.await(outcomes.get(i), GroupSetup.PATIENCE));
                if (i % 2 == 1) {
                    progress.step();
                }
            }
        }
    }

    private Sender senderOf(int group) {
        return senders.get(group % senders.size());
    }

    /// The messages of one round and their outcomes.
    final class ChatRound {
        final Map<Long, String> sha256 = new HashMap<>();
        final Histogram accepted = new Histogram(3);
        final int[] perGroup = new int[groups.size()];
        private final List<CompletableFuture<Void>> settled = new ArrayList<>();
        private int refusals;

        synchronized int refused() {
            return refusals;
        }

        private synchronized void answered(SubmitResult outcome, int group, long intended) {
            accepted.recordValue(Math.max(0, outcome.nanos() - intended));
            if (outcome.isAccepted()) {
                perGroup[group]++;
            } else {
                refusals++;
            }
        }

        void awaitAnswers() {
            for (var answer : settled) {
                Sender.await(answer, LoadMode.PATIENCE);
            }
        }

        /// Returns the number of deliveries that a member must get.
        long expectedOf(int member) {
            int group = (member - firstMember) / groupSize;
            return member >= firstMember && group < perGroup.length ? perGroup[group] : 0;
        }

        long expected() {
            long sum = 0;
            for (int messages : perGroup) {
                sum += (long) messages * groupSize;
            }
            return sum;
        }
    }

    ChatRound newRound() {
        return new ChatRound();
    }

    /// Sends by the schedule. Returns when the last message is submitted.
    void send(ChatRound sent, Schedule schedule, int count) {
        send(sent, schedule, count, () -> false);
    }

    /// Sends by the schedule until it is told to stop.
    void send(ChatRound sent, Schedule schedule, int count, BooleanSupplier enough) {
        for (int i = 0; i < count && !enough.getAsBoolean(); i++) {
            long moment = schedule.intended(i);
            int group = random.nextInt(groups.size());
            var stamp = new Stamp(numbered++, moment);
            var message = groups.get(group).application(stamp, sizes.next(random));
            sent.sha256.put(stamp.number(), message.sha256().hex());
            Schedule.awaitNanos(moment);
            submit(sent, group, moment, message);
        }
    }

    private void submit(ChatRound sent, int group, long moment, Bytes message) {
        sent.settled.add(
                senderOf(group)
                        .publish(List.of(message))
                        .getFirst()
                        .thenAccept(outcome -> sent.answered(outcome, group, moment)));
    }
}
