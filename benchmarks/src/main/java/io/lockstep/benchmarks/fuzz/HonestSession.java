package io.lockstep.benchmarks.fuzz;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.HeadHash;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Accepted;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A session that behaves correctly during the fuzzing: it sends to its own group, and compares
/// every delivery and head with its own computation.
///
/// Threads: a separate thread; read its findings after `close`.
final class HonestSession implements AutoCloseable {
    static final String GROUP = "group of the witness";

    private static final long INTERVAL_NANOS = 20_000_000;
    private static final int ANSWER_MILLIS_MAX = 30_000;

    private final GroupId group = new GroupId(Bytes.wrap(GROUP.getBytes(StandardCharsets.UTF_8)));
    private final Connector dial;
    private final Findings findings;
    private final Map<Long, Bytes> heads = new TreeMap<>();
    private final Thread thread;
    private volatile boolean stopped;
    private final AtomicLong roundTrips = new AtomicLong();
    private volatile long longestNanos;
    private Bytes head = Bytes.EMPTY;
    private long position;

    HonestSession(Connector dial, Findings findings) {
        this.dial = dial;
        this.findings = findings;
        thread = Thread.ofPlatform().daemon().name("witness").start(this::observe);
    }

    long roundTrips() {
        return roundTrips.get();
    }

    long longestMillis() {
        return longestNanos / 1_000_000;
    }

    private void observe() {
        try (var session = RawSession.open(dial, "127.0.0.1", "dev:witness/d", ANSWER_MILLIS_MAX)) {
            begin(session);
            while (!stopped) {
                long begun = System.nanoTime();
                roundTrip(session);
                longestNanos = Math.max(longestNanos, System.nanoTime() - begun);
                roundTrips.incrementAndGet();
                LockSupport.parkNanos(INTERVAL_NANOS);
            }
        } catch (IOException | RuntimeException e) {
            findings.add("witness", "the honest session ended: " + e);
        }
    }

    private void begin(RawSession session) throws IOException {
        var id = group.bytes().asByteString();
        session.send(
                ClientFrame.newBuilder()
                        .setRequestId(1)
                        .setCreate(Create.newBuilder().setGroupId(id))
                        .build(),
                ClientFrame.newBuilder()
                        .setAttach(
                                Attach.newBuilder().setCursor(Cursor.newBuilder().setGroupId(id)))
                        .build());
        boolean live = false;
        while (head.isEmpty() || !live) {
            var frame = session.receive();
            if (frame.hasAccepted()) {
                head = HeadHash.first(group, Bytes.of(frame.getAccepted().getIncarnation()));
                heads.put(0L, head);
                check(frame.getAccepted());
            } else if (frame.hasLive()) {
                live = true;
            } else if (frame.hasRefused()) {
                // Created and attached in one message: the attach may be processed before the
                // create.
                if (frame.getRequestId() == 1) {
                    throw new IOException("create refused: " + frame.getRefused().getCode());
                }
                session.send(
                        ClientFrame.newBuilder()
                                .setAttach(
                                        Attach.newBuilder()
                                                .setCursor(Cursor.newBuilder().setGroupId(id)))
                                .build());
            }
        }
    }

    private void roundTrip(RawSession session) throws IOException {
        long number = roundTrips.get() + 2;
        var message = MlsBytes.application(group, 0, number, 100).asByteString();
        session.send(
                ClientFrame.newBuilder()
                        .setRequestId(number)
                        .setSend(Send.newBuilder().setMessage(message))
                        .build());
        boolean delivered = false;
        Accepted accepted = null;
        while (!delivered || accepted == null) {
            var frame = session.receive();
            if (frame.hasDelivery()) {
                delivered(frame, message);
                delivered = true;
            } else if (frame.getRequestId() == number) {
                if (!frame.hasAccepted()) {
                    throw new IOException("refused: " + frame.getRefused().getCode());
                }
                accepted = frame.getAccepted();
            } else {
                throw new IOException("unexpected " + frame.getBodyCase());
            }
        }
        check(accepted);
    }

    private void delivered(ServerFrame frame, ByteString message) {
        var delivery = frame.getDelivery();
        if (delivery.getPosition() != position + 1 || !delivery.getMessage().equals(message)) {
            findings.add(
                    "witness",
                    "position "
                            + delivery.getPosition()
                            + " after "
                            + position
                            + ", or other bytes");
        }
        position = delivery.getPosition();
        head =
                HeadHash.next(
                        head,
                        group,
                        position,
                        delivery.getKindValue(),
                        Bytes.of(delivery.getMessage()).sha256());
        heads.put(position, head);
    }

    private void check(Accepted accepted) {
        var expected = heads.remove(accepted.getPosition());
        if (expected == null || !expected.equals(Bytes.of(accepted.getHead()))) {
            findings.add("witness", "another head at position " + accepted.getPosition());
        }
    }

    @Override
    public void close() {
        stopped = true;
        LockSupport.unpark(thread);
        try {
            thread.join(ANSWER_MILLIS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
