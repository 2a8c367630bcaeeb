package io.lockstep.benchmarks;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Runs JMH benchmarks on threads of the type that event loops use (FastThreadLocalThread): Netty's
/// allocator and recycler keep caches only for those. JMH finds this class by name, see
/// [BroadcastBenchmark].
public final class FastThreadLocalExecutor extends ThreadPoolExecutor {
    /// The constructor that JMH calls.
    public FastThreadLocalExecutor(int threads, String prefix) {
        super(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory(prefix));
    }
}
