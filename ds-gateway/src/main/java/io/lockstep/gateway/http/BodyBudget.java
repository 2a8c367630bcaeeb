package io.lockstep.gateway.http;

import java.util.concurrent.atomic.AtomicLong;

/// What the bodies of all requests may take of memory together. Thread-safe.
final class BodyBudget {
    private final long bytesMax;
    private final AtomicLong taken = new AtomicLong();

    BodyBudget(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    boolean take(int bytes) {
        if (taken.addAndGet(bytes) > bytesMax) {
            taken.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }
}
