package io.lockstep.fanout.tail;

import com.google.protobuf.ByteString;
import io.lockstep.fanout.DeliverySink;
import io.lockstep.fanout.DetachReason;
import io.lockstep.fanout.GapReason;
import io.lockstep.log.GroupTail;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Delivery;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A sink that records its deliveries as text: a message's own text, `live 3`, `gap trimmed`,
/// `detached removed`, `refused not_a_member`, `~text` for an ephemeral message.
///
/// It reports a caller that breaks the contract: wrong thread, a write to a full or closed sink,
/// a hole.
public final class FakeDeliverySink implements DeliverySink {
    private final EventLoop loop;
    private final FrameFormat format;
    public final List<String> events = new ArrayList<>();

    /// One element for each write: the texts in it, joined by spaces.
    final List<String> writes = new ArrayList<>();

    boolean writable = true;
    boolean closed;

    /// Thrown by `isWritable`, unless null.
    @Nullable Throwable broken;

    /// Runs in the middle of each write.
    Runnable duringWrite = () -> {};

    private final Map<ByteString, Long> lastPositions = new HashMap<>();
    private int unflushed;
    private List<String> faults = new ArrayList<>();

    FakeDeliverySink(EventLoop loop, FrameFormat format) {
        this.loop = loop;
        this.format = format;
    }

    EventLoop loop() {
        return loop;
    }

    /// The callee's violations of the contract.
    List<String> faults() {
        if (unflushed > 0) {
            faults.add(unflushed + " writes were not flushed");
        }
        return faults;
    }

    /// Deliveries may begin at any position again.
    void expectAnew(GroupId group) {
        lastPositions.remove(group.bytes().asByteString());
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public FrameFormat format() {
        return format;
    }

    @Override
    public boolean isWritable() {
        if (broken instanceof Error error) {
            throw error;
        }
        if (broken instanceof RuntimeException exception) {
            throw exception;
        }
        return writable;
    }

    @Override
    public void write(ByteBuf frames) {
        try {
            check(writable, "written to while it was full");
            unflushed++;
            var texts = new ArrayList<String>();
            for (var delivery : read(frames)) {
                texts.add(take(delivery));
            }
            events.addAll(texts);
            writes.add(String.join(" ", texts));
        } finally {
            frames.release();
        }
        duringWrite.run();
    }

    private String take(Delivery delivery) {
        var text = delivery.getMessage().toString(StandardCharsets.UTF_8);
        if (delivery.getPosition() == 0) {
            return "~" + text;
        }
        var before = lastPositions.put(delivery.getGroupId(), delivery.getPosition());
        check(
                before == null || delivery.getPosition() == before + 1,
                "shown " + delivery.getPosition() + " after " + before);
        return text;
    }

    private List<Delivery> read(ByteBuf frames) {
        var deliveries = new ArrayList<Delivery>();
        while (frames.isReadable()) {
            int opcode = frames.readUnsignedByte();
            check(opcode == (format == FrameFormat.PROTO ? 0x82 : 0x81), "opcode " + opcode);
            long length = frames.readUnsignedByte();
            if (length == 126) {
                length = frames.readUnsignedShort();
            } else if (length == 127) {
                length = frames.readLong();
            }
            try {
                for (var frame : FrameCodec.decodeServer(format, frames.readSlice((int) length))) {
                    check(frame.hasDelivery(), "not a delivery");
                    deliveries.add(frame.getDelivery());
                }
            } catch (MalformedFrameException e) {
                throw new AssertionError(e);
            }
        }
        return deliveries;
    }

    @Override
    public void flush() {
        unflushed = 0; // may come after an end from within the write
    }

    @Override
    public void live(GroupId group, GroupTail tail) {
        say("live " + tail.position());
    }

    @Override
    public void confirms(GroupId group, long position) {}

    @Override
    public void gap(GroupId group, GapReason reason, GroupTail tail) {
        say("gap " + reason.wireName());
    }

    @Override
    public void detached(GroupId group, DetachReason reason) {
        say("detached " + reason.wireName());
    }

    @Override
    public void fail() {
        say("failed");
    }

    @Override
    public void refused(GroupId group, long requestId, Refusal refusal) {
        say("refused " + refusal.code().wireName());
    }

    private void say(String what) {
        check(true, "");
        events.add(what);
    }

    private void check(boolean right, String fault) {
        if (!loop.inEventLoop()) {
            faults.add("called off its event loop");
        }
        if (closed) {
            faults.add("called after its session had ended");
        }
        if (!right) {
            faults.add(fault);
        }
    }
}
