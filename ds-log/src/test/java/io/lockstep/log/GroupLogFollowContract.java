package io.lockstep.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/// Part of [GroupLogContract]: following a group.
public interface GroupLogFollowContract {
    /// The log under test; the same for the whole of one test.
    GroupLog log();

    @Test
    default void aFollowerFirstGetsTheTail() throws InterruptedException {
        var writer = GroupWriter.create(log());
        writer.append(writer.application("before"));

        var follower = follow(writer);

        assertThat(follower.next())
                .isEqualTo(
                        new LogNotice.CheckTail(
                                writer.group(), new GroupTail(writer.logPosition(), 0, 1)));
        follower.cancel();
    }

    @Test
    @DisplayName("I2: a follower that reads from the first notice on gets every position")
    default void aFollowerThatReadsAfterTheFirstNoticeHasEveryPosition()
            throws InterruptedException {
        var writer = GroupWriter.create(log());
        var total = 400;
        var appender =
                Thread.ofPlatform()
                        .start(() -> {
                            for (int i = 0; i < total / 2; i++) {
                                writer.append(
                                        writer.application("a" + i), writer.application("b" + i));
                            }
                        });
        try {
            var follower = follow(writer);
            var shown = new ArrayList<LogEntry>();
            while (shown.size() < total) {
                switch (follower.next()) {
                    case LogNotice.CheckTail _ -> shown.addAll(readAfter(writer, shown.size()));
                    case LogNotice.EphemeralMessage _ ->
                            throw new AssertionError("nobody sent one");
                    case LogNotice.EntriesAppended appended -> {
                        if (appended.entries().getFirst().position() > shown.size() + 1) {
                            shown.addAll(readAfter(writer, shown.size()));
                        }
                        for (var entry : appended.entries()) {
                            if (entry.position() == shown.size() + 1) {
                                shown.add(entry);
                            }
                        }
                    }
                }
            }
            follower.cancel();
            assertThat(shown).isEqualTo(readAfter(writer, 0));
        } finally {
            appender.join();
        }
    }

    @Test
    default void everyFollowerGetsTheEntriesOfAnAppend() throws InterruptedException {
        var writer = GroupWriter.create(log());
        var first = follow(writer);
        var second = follow(writer);
        first.next();
        second.next();

        var entry = writer.application("to all");
        writer.append(entry);

        var expected = new LogNotice.EntriesAppended(writer.group(), List.of(entry.entry()));
        assertThat(first.next()).isEqualTo(expected);
        assertThat(second.next()).isEqualTo(expected);
        first.cancel();

        var later = writer.application("to the second");
        writer.append(later);
        assertThat(second.next())
                .isEqualTo(new LogNotice.EntriesAppended(writer.group(), List.of(later.entry())));
        assertThat(first.heard).isEmpty();
        second.cancel();
    }

    @Test
    default void aRelayedMessageReachesFollowersAndIsNotStored() throws InterruptedException {
        var writer = GroupWriter.create(log());
        var follower = follow(writer);
        follower.next();
        var typing =
                new LogNotice.EphemeralMessage(
                        writer.group(), 0, 5_000, GroupWriter.text("typing"));

        log().relay(typing).block(GroupWriter.PATIENCE);

        assertThat(follower.next()).isEqualTo(typing);
        assertThat(log().tail(writer.group()).map(GroupTail::position).block(GroupWriter.PATIENCE))
                .isZero();
        follower.cancel();
    }

    @Test
    @DisplayName("I7: a follower that requests nothing costs a Check, not a queue")
    default void aFollowerThatRequestsNothingGetsACheckLater() throws InterruptedException {
        var writer = GroupWriter.create(log());
        var follower = new Follower(0);
        log().follow(writer.group()).subscribe(follower);
        follower.request(1);
        follower.next();

        for (int i = 0; i < 4 * NoticeBroadcaster.WAITING_MAX; i++) {
            writer.append(writer.application("message " + i));
        }
        follower.request(Long.MAX_VALUE);

        var notice = follower.next();
        while (!(notice instanceof LogNotice.CheckTail(_, var tail)
                && tail.last().equals(writer.logPosition()))) {
            notice = follower.next();
        }
        follower.cancel();
    }

    private Follower follow(GroupWriter writer) {
        var follower = new Follower(Long.MAX_VALUE);
        log().follow(writer.group()).subscribe(follower);
        return follower;
    }

    private List<LogEntry> readAfter(GroupWriter writer, long position) {
        var read =
                log().read(writer.group(), position, 10_000, 10_000_000)
                        .blockOptional(GroupWriter.PATIENCE)
                        .orElseThrow();
        return ((ReadOutcome.Entries) read).entries();
    }

    /// Records its notices.
    final class Follower extends BaseSubscriber<LogNotice> {
        private final LinkedBlockingQueue<LogNotice> heard = new LinkedBlockingQueue<>();
        private final long requestedAtFirst;

        Follower(long requestedAtFirst) {
            this.requestedAtFirst = requestedAtFirst;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            if (requestedAtFirst > 0) {
                request(requestedAtFirst);
            }
        }

        @Override
        protected void hookOnNext(LogNotice notice) {
            heard.add(notice);
        }

        LogNotice next() throws InterruptedException {
            var notice = heard.poll(10, TimeUnit.SECONDS);
            if (notice == null) {
                throw new AssertionError("heard nothing");
            }
            return notice;
        }
    }
}
