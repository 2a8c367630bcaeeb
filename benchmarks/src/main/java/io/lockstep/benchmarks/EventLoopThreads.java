package io.lockstep.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// An executor with threads of the type that event loops use: Netty's allocator and recycler keep
/// caches only for those. JMH finds this class by name, see [BroadcastBenchmark].
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
