package io.lockstep.bench.traffic;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The messages of one group at the receivers of one event loop, by position.
final class GroupTraffic {
    /// Messages whose bytes are kept although all known receivers have them.
    private static final int BYTES_KEPT = 64;

    final String name;
    final LoopTally.ReceiverKind kind;

    /// Position of the tail, as `live` stated it; empty before that.
    byte[] incarnation = new byte[0];

    int receivers;
    private final List<@Nullable ReceivedMessage> arrivals = new ArrayList<>();

    /// Position of the first kept arrival.
    private long base = -1;

    private long roundAfter = -1;

    GroupTraffic(String name, LoopTally.ReceiverKind kind) {
        this.name = name;
        this.kind = kind;
    }

    @Nullable ReceivedMessage at(long position) {
        long i = position - base;
        return base >= 0 && i >= 0 && i < arrivals.size() ? arrivals.get((int) i) : null;
    }

    /// Adds the message of the first receiver that has it.
    ReceivedMessage begin(
            long position,
            ByteBuf frame,
            int index,
            int length,
            int messageIndex,
            int messageLength,
            long referencedBytes) {
        if (base < 0) {
            base = position;
        }
        while (position < base) {
            arrivals.addFirst(null);
            base--;
        }
        while (position - base >= arrivals.size()) {
            arrivals.add(null);
        }
        var arrival =
                new ReceivedMessage(
                        this,
                        position,
                        frame,
                        index,
                        length,
                        messageIndex,
                        messageLength,
                        referencedBytes);
        arrivals.set((int) (position - base), arrival);
        var old = at(position - BYTES_KEPT);
        if (old != null && isDone(old)) {
            old.forgetBytes();
        }
        return arrival;
    }

    /// Drops messages that all receivers have, and resets the counts.
    void beginRound() {
        int done = 0;
        while (done < arrivals.size() && isDone(arrivals.get(done))) {
            done++;
        }
        arrivals.subList(0, done).clear();
        base += done;
        roundAfter = base + arrivals.size() - 1;
    }

    private boolean isDone(@Nullable ReceivedMessage arrival) {
        return arrival == null || arrival.count >= receivers;
    }

    List<ReceivedMessage> ofRound() {
        var ofRound = new ArrayList<ReceivedMessage>();
        for (var arrival : arrivals) {
            if (arrival != null && arrival.position > roundAfter) {
                ofRound.add(arrival);
            }
        }
        return ofRound;
    }
}
