package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.RawSession.ClosedException;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Runs a round trip repeatedly, at a fixed interval, and measures its time.
///
/// Threads: one separate thread.
final class LatencyProbe implements AutoCloseable {
    private final Latencies latencies = new Latencies();
    private final Thread thread;
    private volatile boolean stopped;

    /// One round trip.
    interface RoundTrip {
        void run() throws IOException;
    }

    /// An unexpected answer.
    static final class ProbeFailedException extends IOException {
        private static final long serialVersionUID = 1;

        ProbeFailedException(String code) {
            super(code);
        }
    }

    LatencyProbe(String name, long intervalMillis, RoundTrip trip) {
        thread = Thread.ofPlatform().daemon().name(name).start(() -> loop(intervalMillis, trip));
    }

    Latencies latencies() {
        return latencies;
    }

    private void loop(long intervalMillis, RoundTrip trip) {
        long interval = TimeUnit.MILLISECONDS.toNanos(intervalMillis);
        long next = System.nanoTime();
        while (!stopped) {
            long begun = System.nanoTime();
            try {
                trip.run();
                latencies.succeeded(
                        TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begun),
                        intervalMillis * 1_000);
            } catch (IOException | RuntimeException e) {
                if (!stopped) {
                    latencies.failed(describe(e));
                }
            }
            next = Math.max(next + interval, System.nanoTime());
            while (!stopped && System.nanoTime() < next) {
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
    }

    /// A description of the failure, the same text for each occurrence.
    static String describe(Exception e) {
        return switch (e) {
            case ClosedException closed -> "close " + closed.code();
            case ProbeFailedException refused -> String.valueOf(refused.getMessage());
            case SocketTimeoutException _ -> "no answer in time";
            case ConnectException _ -> "connection refused";
            case EOFException _ -> "closed without a code";
            case SocketException _ -> "connection reset";
            default -> String.valueOf(e.getMessage());
        };
    }

    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
    }
}
