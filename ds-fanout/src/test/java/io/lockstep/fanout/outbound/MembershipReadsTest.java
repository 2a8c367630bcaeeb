package io.lockstep.fanout.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.fanout.AttachRequest;
import io.lockstep.fanout.FanoutLimits;
import io.lockstep.log.GroupLog;
import io.lockstep.log.KnownIncarnations;
import io.lockstep.log.MemberId;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class MembershipReadsTest {
    private static final GroupId GROUP = new GroupId(Bytes.ofHex("01"));

    /// A log that never answers.
    private final GroupLog log = proxy(GroupLog.class, Mono.never());

    private final MembershipReads reads =
            new MembershipReads(
                    new EventLoopFanout(
                            new DefaultEventLoop(),
                            log,
                            new KnownIncarnations(1),
                            proxy(TailRegistry.class, "not asked"),
                            FanoutLimits.DEFAULT,
                            new FanoutMetrics(new SimpleMeterRegistry()),
                            UnpooledByteBufAllocator.DEFAULT,
                            _ -> proxy(WritePath.class, "not asked")),
                    log);

    private static <T> T proxy(Class<T> type, Object answer) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(), new Class<?>[] {type}, (_, _, _) -> answer));
    }

    @Test
    @DisplayName("I7: a session that attaches repeatedly during an outage waits once")
    void aSessionWaitsOnceForEachGroup() {
        var sessions = new SessionCursors[] {CursorArrayTest.session(), CursorArrayTest.session()};
        for (int i = 0; i < 1_000; i++) {
            ask(sessions[i % 2]);
        }
        assertThat(reads.waiting(GROUP)).isEqualTo(2);
    }

    private void ask(SessionCursors session) {
        var request =
                new AttachRequest(
                        GROUP,
                        new MemberId(Bytes.wrap(new byte[16])),
                        0,
                        Bytes.EMPTY,
                        0,
                        Bytes.EMPTY,
                        0);
        reads.request(new DeliveryCursor(session, request), request);
    }
}
