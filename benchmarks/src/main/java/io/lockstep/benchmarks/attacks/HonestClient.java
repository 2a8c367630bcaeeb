package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// A client that sends messages to its own group and reads them. A round trip is a message with its
/// answer and its delivery. The client reconnects when its connection ends.
///
/// Threads: confined to its probe's thread.
final class HonestClient implements LatencyProbe.RoundTrip {
    private static final int ANSWER_MILLIS_MAX = 5_000;

    private final Connector dial;
    private final String token;
    private final byte[] group;
    private @Nullable RawSession session;
    private long marker;

    HonestClient(Connector dial, String name, String token) {
        this.dial = dial;
        this.token = token;
        group = ("group of " + name).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void run() throws IOException {
        try {
            roundTrip(connected());
        } catch (LatencyProbe.ProbeFailedException e) {
            throw e;
        } catch (IOException e) {
            if (session != null) {
                session.close();
            }
            session = null;
            throw e;
        }
    }

    private RawSession connected() throws IOException {
        var current = session;
        if (current != null) {
            return current;
        }
        var opened = RawSession.open(dial, "127.0.0.1", token, ANSWER_MILLIS_MAX);
        session = opened;
        var id = ByteString.copyFrom(group);
        opened.send(
                ClientFrame.newBuilder()
                        .setRequestId(1)
                        .setCreate(Create.newBuilder().setGroupId(id))
                        .build());
        var created = await(opened, 1);
        if (created.hasRefused()) {
            throw new LatencyProbe.ProbeFailedException(
                    "create: " + created.getRefused().getCode());
        }
        var cursor = Cursor.newBuilder().setGroupId(id);
        opened.send(
                ClientFrame.newBuilder()
                        .setRequestId(2)
                        .setAttach(Attach.newBuilder().setCursor(cursor))
                        .build());
        for (; ; ) {
            var frame = opened.receive();
            if (frame.hasLive()) {
                return opened;
            }
            if (frame.hasRefused()) {
                throw new LatencyProbe.ProbeFailedException(
                        "attach: " + frame.getRefused().getCode());
            }
        }
    }

    private void roundTrip(RawSession at) throws IOException {
        marker++;
        var message =
                MlsBytes.application(
                                new GroupId(Bytes.wrap(group)),
                                0,
                                marker ^ System.nanoTime() << 16,
                                200)
                        .asByteString();
        long requestId = marker + 10;
        at.send(
                ClientFrame.newBuilder()
                        .setRequestId(requestId)
                        .setSend(Send.newBuilder().setMessage(message))
                        .build());
        boolean answered = false;
        boolean delivered = false;
        while (!answered || !delivered) {
            var frame = at.receive();
            if (frame.getRequestId() == requestId) {
                if (frame.hasRefused()) {
                    throw new LatencyProbe.ProbeFailedException(frame.getRefused().getCode());
                }
                answered = true;
            }
            delivered |= frame.hasDelivery() && frame.getDelivery().getMessage().equals(message);
            if (frame.hasDetached()) {
                throw new IOException("detached: " + frame.getDetached().getCode());
            }
        }
    }

    private static ServerFrame await(RawSession at, long requestId) throws IOException {
        for (; ; ) {
            var frame = at.receive();
            if (frame.getRequestId() == requestId) {
                return frame;
            }
        }
    }
}
