package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

final class AttachBarrierTest implements SessionIo {
    private static final GroupId GROUP = new GroupId(Bytes.wrap(new byte[] {1}));

    private final Set<Object> timers = new HashSet<>();
    private final AttachBarrier unanswered = new AttachBarrier(this);
    private int attached;

    /// Thirteen bytes on the wire kept half a kilobyte for 15 seconds: one session crashed a
    /// server.
    @Test
    void anAttachThatReplacesAnotherCancelsItsTimer() {
        long number = unanswered.onSubmitted(GROUP);
        for (int i = 0; i < 10_000; i++) {
            unanswered.attach(GROUP, () -> attached++);
        }
        assertThat(timers).hasSize(1);
        unanswered.onAnswered(GROUP, number);
        assertThat(timers).isEmpty();
        assertThat(attached).isEqualTo(1);
    }

    @Test
    void noTimerOutlivesADetachOrTheSession() {
        var _ = unanswered.onSubmitted(GROUP);
        unanswered.attach(GROUP, () -> attached++);
        unanswered.cancel(GROUP);
        assertThat(timers).isEmpty();
        unanswered.attach(GROUP, () -> attached++);
        unanswered.end();
        assertThat(timers).isEmpty();
        assertThat(attached).isZero();
    }

    @Override
    public Disposable later(Duration time, Runnable task) {
        var timer = new Object();
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    @Override
    public void send(ServerFrame frame) {}

    @Override
    public void answered() {}

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void onLoop(Runnable task) {
        task.run();
    }
}
