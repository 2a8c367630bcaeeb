package io.lockstep.server;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;

/// The meter registry of the process, with meters of the JVM and the process. The modules add
/// theirs.
final class Metrics implements AutoCloseable {
    /// The hash codes of allocators: useless, and different after each start.
    private static final MeterFilter WITHOUT_IDENTITY =
            new MeterFilter() {
                @Override
                public Meter.Id map(Meter.Id id) {
                    return id.getName().startsWith("netty.allocator.")
                            ? id.replaceTags(
                                    id.getTags().stream()
                                            .filter(tag -> !tag.getKey().equals("id"))
                                            .toList())
                            : id;
                }
            };

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

    Metrics() {
        registry.config().meterFilter(MeterDescriptions.filter()).meterFilter(WITHOUT_IDENTITY);
        garbageCollection.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        // The cost per delivery is computed from process.cpu.time.
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new NettyAllocatorMetrics(PooledByteBufAllocator.DEFAULT).bindTo(registry);
        // Sockets allocate from this one. Since Netty 4.2 it differs from the pooled allocator.
        if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator
                && !ByteBufAllocator.DEFAULT.equals(PooledByteBufAllocator.DEFAULT)) {
            new NettyAllocatorMetrics(allocator).bindTo(registry);
        }
        Gauge.builder("lockstep.direct.memory.max", PlatformDependent::maxDirectMemory)
                .baseUnit("bytes")
                .register(registry);
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }
}
