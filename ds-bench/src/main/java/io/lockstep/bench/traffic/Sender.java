package io.lockstep.bench.traffic;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameCodec;
import io.lockstep.wire.frame.FrameFormat;
import io.lockstep.wire.frame.MalformedFrameException;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A connection that submits. Submissions above the session's limit of unanswered ones wait here.
/// Their wait counts: latencies start at a message's intended moment.
///
/// Thread-safe.
public final class Sender extends LeanWebSocket {
    private static final Duration OPEN_MAX = Duration.ofSeconds(60);

    /// The outcome of a submission.
    ///
    /// @param nanos `System.nanoTime()` of the answer
    public record SubmitResult(ServerFrame answer, long nanos) {
        public boolean isAccepted() {
            return answer.hasAccepted();
        }
    }

    private record QueuedSubmission(ClientFrame frame, CompletableFuture<SubmitResult> outcome) {}

    private final Endpoint endpoint;
    private final String name;
    private final EventLoop loop;
    private final CompletableFuture<Sender> open = new CompletableFuture<>();
    private final Map<Long, CompletableFuture<SubmitResult>> unanswered = new HashMap<>();
    private final ArrayDeque<QueuedSubmission> waiting = new ArrayDeque<>();
    private int inFlightMax = 1;
    private long lastRequest;

    Sender(Endpoint endpoint, String name, EventLoop loop) {
        super(endpoint);
        this.endpoint = endpoint;
        this.name = name;
        this.loop = loop;
    }

    public String name() {
        return name;
    }

    Sender awaitOpen() {
        return await(open, OPEN_MAX);
    }

    /// Waits for a future with a time limit.
    public static <T> T await(CompletableFuture<T> future, Duration max) {
        try {
            return future.get(max.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer within " + max, e);
        }
    }

    /// Sends application messages together, in one WebSocket message if possible.
    ///
    /// @return one future each; for a server without answers they are complete at once
    public List<CompletableFuture<SubmitResult>> publish(List<Bytes> messages) {
        if (endpoint.dialect() != Dialect.LOCKSTEP) {
            loop.execute(() -> publishAll(messages));
            return List.of();
        }
        var submissions =
                messages.stream()
                        .map(message ->
                                submission(
                                        ClientFrame.newBuilder()
                                                .setSend(
                                                        Send.newBuilder()
                                                                .setMessage(
                                                                        message.asByteString()))))
                        .toList();
        loop.execute(() -> submit(submissions));
        return submissions.stream().map(QueuedSubmission::outcome).toList();
    }

    private void publishAll(List<Bytes> messages) {
        sendAll(
                messages.stream()
                        .map(Bytes::toArray)
                        .map(m ->
                                endpoint.dialect() == Dialect.NATS ? NatsStream.publication(m) : m)
                        .toList());
    }

    /// Submits a frame that the server answers with accepted or refused.
    public CompletableFuture<SubmitResult> submit(ClientFrame.Builder frame) {
        var submission = submission(frame);
        loop.execute(() -> submit(List.of(submission)));
        return submission.outcome();
    }

    private QueuedSubmission submission(ClientFrame.Builder frame) {
        return new QueuedSubmission(
                frame.setRequestId(nextRequest()).build(), new CompletableFuture<>());
    }

    private synchronized long nextRequest() {
        return ++lastRequest;
    }

    private void submit(List<QueuedSubmission> submissions) {
        waiting.addAll(submissions);
        sendWaiting();
    }

    private void sendWaiting() {
        var together = new ByteArrayOutputStream();
        while (!waiting.isEmpty() && unanswered.size() < inFlightMax) {
            var submission = waiting.remove();
            unanswered.put(submission.frame().getRequestId(), submission.outcome());
            together.writeBytes(FrameCodec.encodePayload(FrameFormat.PROTO, submission.frame()));
        }
        if (together.size() > 0) {
            send(together.toByteArray());
        }
    }

    @Override
    void opened() {
        switch (endpoint.dialect()) {
            case LOCKSTEP ->
                    send(
                            FrameCodec.encodePayload(
                                    FrameFormat.PROTO,
                                    ClientFrame.newBuilder()
                                            .setHello(Hello.newBuilder().setToken("dev:" + name))
                                            .build()));
            case PLAIN -> open.complete(this);
            case NATS -> {
                send(Receiver.ascii("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"));
                open.complete(this);
            }
        }
    }

    @Override
    boolean takeExpected(ByteBuf in, long now) {
        return false;
    }

    @Override
    void received(ByteBuf in, int frame, int payload, int length, long now) {
        if (endpoint.dialect() != Dialect.LOCKSTEP) {
            if (endpoint.dialect() == Dialect.NATS) {
                send(Receiver.ascii("PONG\r\n")); // its only other line is PING
            }
            return;
        }
        try {
            for (var answer :
                    FrameCodec.decodeServer(FrameFormat.PROTO, in.slice(payload, length))) {
                answered(answer, now);
            }
        } catch (MalformedFrameException e) {
            throw new IllegalStateException("the server sent no frame: " + e.getMessage(), e);
        }
    }

    private void answered(ServerFrame answer, long now) {
        switch (answer.getBodyCase()) {
            case READY -> {
                inFlightMax =
                        Math.max(1, answer.getReady().getLimits().getSubmissionsInFlightMax());
                open.complete(this);
            }
            case PING ->
                    send(
                            FrameCodec.encodePayload(
                                    FrameFormat.PROTO,
                                    ClientFrame.newBuilder()
                                            .setPong(
                                                    Pong.newBuilder()
                                                            .setNonce(answer.getPing().getNonce()))
                                            .build()));
            default -> {
                var outcome = unanswered.remove(answer.getRequestId());
                if (outcome != null) {
                    outcome.complete(new SubmitResult(answer, now));
                }
            }
        }
    }

    @Override
    void pause() {
        sendWaiting();
    }

    @Override
    void ended(String why) {
        var failure = new IllegalStateException(name + ": " + why);
        open.completeExceptionally(failure);
        unanswered.values().forEach(outcome -> outcome.completeExceptionally(failure));
        waiting.forEach(submission -> submission.outcome().completeExceptionally(failure));
        unanswered.clear();
        waiting.clear();
    }
}
