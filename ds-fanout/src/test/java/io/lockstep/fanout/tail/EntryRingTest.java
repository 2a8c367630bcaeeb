package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.outbound.FanoutMetrics;
import io.lockstep.fanout.outbound.JoinedDeliveries;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.NewEntry;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.wire.frame.FrameFormat;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EntryRingTest {
    private final MemoryGroupLog log = new MemoryGroupLog();
    private final GroupWriter writer = GroupWriter.create(log);
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final FanoutMetrics metrics = new FanoutMetrics(registry);
    private final EntryRing ring =
            new EntryRing(
                    writer.group(),
                    log.tail(writer.group()).blockOptional().orElseThrow(),
                    FanoutHarness.SMALL,
                    allocator,
                    new RingBudget(FanoutHarness.SMALL.ringsBytesMax(), metrics));

    @AfterEach
    void allIsReleased() {
        ring.close();
        assertThat(allocator.metric().usedDirectMemory()).isZero();
        assertThat(held()).isZero();
    }

    @Test
    void equalRequestsGetTheSameBuffer() {
        append(3);
        var first = joined(1);
        var second = joined(1);
        assertThat(second).isSameAs(first);
        assertThat(first.last()).isEqualTo(3);
        first.release();
        second.release();
    }

    @Test
    void aBufferThatCanGrowIsJoinedAgain() {
        append(3);
        joined(1).release();
        append(1);
        var grown = joined(1);
        assertThat(grown.last()).isEqualTo(4);
        grown.release();
    }

    @Test
    void aFullBufferStaysTheSame() {
        append(5);
        var first = joined(0);
        append(1);
        var second = joined(0);
        assertThat(second).isSameAs(first);
        assertThat(first.last()).isEqualTo(4);
        first.release();
        second.release();
    }

    @Test
    void anEntryIsEncodedOnceForEachFormat() {
        append(1);
        joined(0).release();
        long once = allocator.metric().usedDirectMemory();
        joined(0).release();
        assertThat(allocator.metric().usedDirectMemory()).isEqualTo(once);
        Objects.requireNonNull(ring.catchUpBuffer(0, FrameFormat.JSON)).release();
        assertThat(allocator.metric().usedDirectMemory()).isGreaterThan(once);
    }

    @Test
    void theOldestEntriesAreEvictedAndBuffersEndWhereOthersBegin() {
        append(30);
        assertThat(ring.catchUpBuffer(21, FrameFormat.PROTO)).isNull();
        for (long after = 22; after < 30; after++) {
            var joined = joined(after);
            assertThat(joined.after()).isEqualTo(after);
            assertThat(joined.last()).isEqualTo(Math.min(30, after - after % 4 + 4));
            joined.release();
        }
        assertThat(ring.catchUpBuffer(30, FrameFormat.PROTO)).isNull();
    }

    @Test
    void liveDeliveriesCarryTheEpochThatTheyLeadTo() {
        append(1);
        writer.append(take(writer.commit("c")));
        append(1);
        var live = Objects.requireNonNull(ring.liveBuffer(0, FrameFormat.PROTO));
        assertThat(live.tail()).isEqualTo(log.tail(writer.group()).block());
        live.deliveries().release();
        ring.evictLiveBuffers();
        var one = Objects.requireNonNull(ring.liveBuffer(2, FrameFormat.PROTO));
        assertThat(one.tail().epoch()).isEqualTo(1);
        one.deliveries().release();
    }

    @Test
    void aSharedBufferOutlivesTheRing() {
        append(3);
        var joined = joined(0);
        ring.close();
        assertThat(allocator.metric().usedDirectMemory()).isPositive();
        assertThat(joined.bytes()).isPositive();
        joined.release();
    }

    @Test
    void evictedEntriesAreNoLongerCounted() {
        append(6);
        joined(2).release();
        assertThat(held()).isPositive();
        ring.evict();
        assertThat(held()).isZero();
        assertThat(ring.tail().position()).isEqualTo(6);
        append(1);
        var newest = joined(6);
        assertThat(newest.last()).isEqualTo(7);
        newest.release();
    }

    private double held() {
        return registry.get("lockstep.fanout.ring.bytes").gauge().value();
    }

    private JoinedDeliveries joined(long after) {
        return Objects.requireNonNull(ring.catchUpBuffer(after, FrameFormat.PROTO));
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            writer.append(take(writer.application("m" + writer.logPosition().position())));
        }
    }

    private NewEntry take(NewEntry entry) {
        ring.append(entry.entry());
        return entry;
    }
}
