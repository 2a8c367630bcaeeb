package io.lockstep.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Measuring threads of the kind that event loops have: Netty's allocator and recycler keep caches for those
/// only. JMH finds it by name, see [BroadcastBenchmark].
public final class EventLoopThreads extends ThreadPoolExecutor {
    /// The constructor that JMH calls.
    public EventLoopThreads(int threads, String prefix) {
        super(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix));
    }
}
