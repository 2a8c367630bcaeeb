package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupTail;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.mls.GroupId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CursorArrayTest {
    @Test
    void aPassVisitsEachCursorOnceWhileCursorsAreAddedAndRemoved() {
        for (long seed = 0; seed < 2_000; seed++) {
            var random = new Random(seed);
            var array = new CursorArray();
            var present = new LinkedHashSet<DeliveryCursor>();
            for (int i = random.nextInt(20); i > 0; i--) {
                add(array, present);
            }
            array.beginPass();
            var visited = new HashSet<DeliveryCursor>();
            var owed = new HashSet<>(present);
            for (var c = array.next(); c != null; c = array.next()) {
                assertThat(visited.add(c)).as("seed %d: visited once", seed).isTrue();
                for (int i = random.nextInt(3); i > 0; i--) {
                    if (random.nextInt(3) == 0) {
                        add(array, present);
                    } else if (!present.isEmpty()) {
                        var gone = pick(random, present);
                        array.remove(gone);
                        present.remove(gone);
                        owed.remove(gone);
                    }
                }
            }
            assertThat(visited).as("seed %d", seed).containsAll(owed).containsAll(present);
            assertThat(array.count()).isEqualTo(present.size());
        }
    }

    @Test
    void aCursorThatIsNotInTheArrayCannotBeRemoved() {
        var array = new CursorArray();
        var cursor = cursor();
        array.add(cursor);
        array.remove(cursor);
        assertThatIllegalStateException().isThrownBy(() -> array.remove(cursor));
    }

    private static DeliveryCursor pick(Random random, Set<DeliveryCursor> from) {
        return new ArrayList<>(from).get(random.nextInt(from.size()));
    }

    private static void add(CursorArray array, Set<DeliveryCursor> present) {
        var cursor = cursor();
        array.add(cursor);
        present.add(cursor);
    }

    private static DeliveryCursor cursor() {
        return cursor(session(), new GroupId(Bytes.ofHex("01")));
    }

    static SessionCursors session() {
        return new SessionCursors(new Nowhere());
    }

    static DeliveryCursor cursor(SessionCursors session, GroupId group) {
        var request =
                new AttachRequest(
                        group,
                        new MemberId(Bytes.wrap(new byte[16])),
                        0,
                        Bytes.EMPTY,
                        0,
                        Bytes.EMPTY,
                        0);
        return new DeliveryCursor(session, request);
    }

    private static final class Nowhere implements DeliverySink {
        @Override
        public EventLoop eventLoop() {
            return new DefaultEventLoop();
        }

        @Override
        public FrameFormat format() {
            return FrameFormat.PROTO;
        }

        @Override
        public boolean isWritable() {
            return false;
        }

        @Override
        public void write(ByteBuf frames) {
            frames.release();
        }

        @Override
        public void flush() {}

        @Override
        public void live(GroupId group, GroupTail tail) {}

        @Override
        public void confirms(GroupId group, long position) {}

        @Override
        public void gap(GroupId group, GapReason reason, GroupTail tail) {}

        @Override
        public void detached(GroupId group, DetachReason reason) {}

        @Override
        public void fail() {}

        @Override
        public void refused(GroupId group, long requestId, Refusal refusal) {}
    }
}
