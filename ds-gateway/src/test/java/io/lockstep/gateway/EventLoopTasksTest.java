package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.connection.EventLoopTasks;
import io.netty.util.concurrent.DefaultEventExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class EventLoopTasksTest {
    /// A check that ended after the server had stopped logged an error.
    @Test
    void afterTheServersEndTheTaskIsDropped() throws Exception {
        var loop = new DefaultEventExecutor();
        assertThat(loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(10, TimeUnit.SECONDS))
                .isTrue();
        var ran = new AtomicBoolean();
        EventLoopTasks.run(loop, () -> ran.set(true));
        assertThat(ran).isFalse();
    }
}
