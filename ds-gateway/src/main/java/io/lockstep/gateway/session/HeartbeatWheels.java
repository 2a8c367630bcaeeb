package io.lockstep.gateway.session;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The heartbeat wheels, one per event loop. Thread-safe.
public final class HeartbeatWheels {
    private final Duration interval;
    private final ConcurrentMap<EventLoop, HeartbeatWheel> wheels = new ConcurrentHashMap<>();

    public HeartbeatWheels(Duration interval) {
        this.interval = interval;
    }

    /// Must be called on that event loop.
    HeartbeatWheel of(EventLoop loop) {
        return wheels.computeIfAbsent(loop, l -> HeartbeatWheel.start(l, interval));
    }
}
