package io.lockstep.bench;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.HdrHistogram.Histogram;

/// HTTP load on the blobs of one group: one client uploads, many fetch at the same time. Each
/// compares the bytes that it gets with the uploaded bytes.
final class BlobTraffic implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final List<ServerUnderTest> servers;
    private final GroupId group;
    private final HttpClient http;

    BlobTraffic(List<ServerUnderTest> servers, GroupId group, boolean trustAll) {
        this.servers = servers;
        this.group = group;
        var builder = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
        http = (trustAll ? builder.sslContext(believingAll()) : builder).build();
    }

    private static SSLContext believingAll() {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(
                    null,
                    InsecureTrustManagerFactory.INSTANCE.getTrustManagers(),
                    new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java platform has no TLS", e);
        }
    }

    GroupId group() {
        return group;
    }

    private HttpRequest.Builder request(int server, Bytes blob, String client) {
        var id = Base64.getUrlEncoder().withoutPadding().encodeToString(group.bytes().toArray());
        return HttpRequest.newBuilder(
                        URI.create(
                                servers.get(server % servers.size()).http()
                                        + "/v1/groups/"
                                        + id
                                        + "/blobs/"
                                        + blob.sha256().hex()))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer dev:" + client);
    }

    void upload(String client, Bytes blob) {
        try {
            var request =
                    request(0, blob, client)
                            .header("Content-Type", "application/octet-stream")
                            .PUT(HttpRequest.BodyPublishers.ofByteArray(blob.toArray()))
                            .build();
            var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() / 100 != 2) {
                throw new BenchException("the blob was refused: " + answer.body());
            }
        } catch (IOException e) {
            throw new BenchException("the blob cannot be uploaded", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    /// Result of one fetch: when it had the last byte, and whether all bytes were right.
    private record Fetched(int status, FetchedBody body, long nanos) {}

    /// @param bytes number of bytes received
    private record FetchedBody(boolean isRight, long bytes) {}

    /// @param bytes number of bytes received in all bodies
    record FetchResult(List<Long> nanos, long bytes, int otherBytes, List<String> failed) {
        Histogram latencyFrom(long start) {
            var latency = new Histogram(3);
            nanos.forEach(n -> latency.recordValue(Math.max(0, n - start)));
            return latency;
        }
    }

    /// The fetches in progress.
    record Fetches(List<CompletableFuture<Fetched>> all) {
        FetchResult await(Duration max) {
            var nanos = new ArrayList<Long>();
            var failed = new ArrayList<String>();
            long bytes = 0;
            int others = 0;
            for (var fetch : all) {
                try {
                    var fetched = fetch.get(max.toMillis(), TimeUnit.MILLISECONDS);
                    if (fetched.status() != 200) {
                        failed.add("a fetch: HTTP " + fetched.status());
                        continue;
                    }
                    nanos.add(fetched.nanos());
                    bytes += fetched.body().bytes();
                    others += fetched.body().isRight() ? 0 : 1;
                } catch (ExecutionException | TimeoutException e) {
                    failed.add("a fetch: " + e);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new BenchException("interrupted", e);
                }
            }
            return new FetchResult(nanos, bytes, others, failed);
        }
    }

    /// Starts all fetches at the same time, by members spread evenly over the group.
    ///
    /// @param name prefix of the members' user names, before their numbers
    Fetches fetch(Bytes blob, String name, int members, int count) {
        var right = ByteBuffer.wrap(blob.toArray());
        var all = new ArrayList<CompletableFuture<Fetched>>();
        for (int i = 0; i < count; i++) {
            int member = (int) ((long) members * i / count);
            var request = request(member, blob, name + member + "/d").GET().build();
            all.add(
                    http.sendAsync(request, _ -> new BodyVerifier(right.duplicate()))
                            .thenApply(answer ->
                                    new Fetched(
                                            answer.statusCode(),
                                            answer.body(),
                                            System.nanoTime())));
        }
        return new Fetches(all);
    }

    /// Compares a body with the expected bytes while it arrives.
    private static final class BodyVerifier implements BodySubscriber<FetchedBody> {
        private final CompletableFuture<FetchedBody> outcome = new CompletableFuture<>();
        private final ByteBuffer expected;
        private boolean isRight = true;
        private long bytes;

        BodyVerifier(ByteBuffer expected) {
            this.expected = expected;
        }

        @Override
        public CompletionStage<FetchedBody> getBody() {
            return outcome;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (var buffer : buffers) {
                int length = buffer.remaining();
                bytes += length;
                isRight &=
                        length <= expected.remaining()
                                && expected.slice(expected.position(), length).mismatch(buffer) < 0;
                expected.position(expected.position() + Math.min(length, expected.remaining()));
            }
        }

        @Override
        public void onError(Throwable failure) {
            outcome.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            outcome.complete(new FetchedBody(isRight && !expected.hasRemaining(), bytes));
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
