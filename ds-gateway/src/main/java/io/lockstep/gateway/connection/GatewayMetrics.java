package io.lockstep.gateway.connection;

import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.proto.ClientFrame;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The metrics of the gateway. Thread-safe. No tag contains a name of a client or user.
public final class GatewayMetrics {
    private static final String PREFIX = "lockstep.gateway.";

    private final MeterRegistry meters;
    private final Map<FrameFormat, AtomicInteger> sessions = new EnumMap<>(FrameFormat.class);
    private final Map<ClientFrame.BodyCase, Counter> frames =
            new EnumMap<>(ClientFrame.BodyCase.class);
    private final MemoryShortageCounter shortages;
    private final Map<Code, Counter> refusals = new EnumMap<>(Code.class);

    public GatewayMetrics(
            MeterRegistry meters, ConnectionAdmission admission, ByteBudget unfinished) {
        this.meters = meters;
        shortages = new MemoryShortageCounter(meters);
        Gauge.builder(PREFIX + "connections", admission, ConnectionAdmission::open)
                .register(meters);
        Gauge.builder(PREFIX + "handshakes", admission, ConnectionAdmission::unauthenticated)
                .register(meters);
        FunctionCounter.builder(
                        PREFIX + "connections.evicted", admission, ConnectionAdmission::evicted)
                .description("Unauthenticated connections that were evicted for new ones")
                .register(meters);
        Gauge.builder(
                        PREFIX + "strangers.bytes",
                        admission,
                        ConnectionAdmission::unauthenticatedBytes)
                .description("Bytes held by unauthenticated connections")
                .register(meters);
        Gauge.builder(PREFIX + "unfinished.bytes", unfinished, ByteBudget::held)
                .description("Bytes held by incomplete messages of sessions")
                .register(meters);
        for (var format : FrameFormat.values()) {
            var count = new AtomicInteger();
            sessions.put(format, count);
            Gauge.builder(PREFIX + "sessions", count, AtomicInteger::get)
                    .tag("format", lower(format))
                    .register(meters);
        }
        for (var kind : ClientFrame.BodyCase.values()) {
            frames.put(kind, meters.counter(PREFIX + "frames", "kind", lower(kind)));
        }
        for (var code : Code.values()) {
            refusals.put(code, meters.counter(PREFIX + "refusals", "code", code.wireName()));
        }
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /// Counts connections that ended because memory ran out.
    public MemoryShortageCounter shortages() {
        return shortages;
    }

    public void connectionRefused() {
        meters.counter(PREFIX + "connections.refused").increment();
    }

    /// The TLS handshake of a connection failed.
    public void tlsFailed(TlsFailure failure) {
        meters.counter(PREFIX + "tls.failures", "cause", lower(failure)).increment();
    }

    public void upgradeRefused(Code code) {
        meters.counter(PREFIX + "upgrades.refused", "code", code.wireName()).increment();
    }

    public void sessionOpened(FrameFormat format) {
        count(sessions, format, 1);
    }

    public void sessionEnded(FrameFormat format) {
        count(sessions, format, -1);
    }

    private static void count(Map<FrameFormat, AtomicInteger> counts, FrameFormat format, int by) {
        var count = counts.get(format);
        if (count != null) {
            count.addAndGet(by);
        }
    }

    /// A session changed its state.
    public void transition(String to, String reason) {
        meters.counter(PREFIX + "session.transitions", "to", to, "reason", reason).increment();
    }

    public void frame(ClientFrame.BodyCase kind) {
        increment(frames.get(kind));
    }

    public void refusal(Code code) {
        increment(refusals.get(code));
    }

    private static void increment(@Nullable Counter counter) {
        if (counter != null) {
            counter.increment();
        }
    }

    /// @param route its pattern, never the path that a client sent
    public void request(String route, int status) {
        meters.counter(PREFIX + "http.requests", "route", route, "status", Integer.toString(status))
                .increment();
    }
}
