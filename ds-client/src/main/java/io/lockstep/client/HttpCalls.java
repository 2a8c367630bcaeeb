package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RetryAdvice;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/// Sends HTTP requests with the token of one client. A response without a 2xx status becomes a
/// [RefusedException]. Thread-safe.
final class HttpCalls {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final int RETRIES = 6;

    private final HttpClient http;
    private final ClientConfig config;

    HttpCalls(HttpClient http, ClientConfig config) {
        this.http = http;
        this.config = config;
    }

    interface RequestSource {
        HttpRequest.Builder get();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(config.http() + path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + config.token().get());
    }

    static String pathOf(GroupId group) {
        return "/v1/groups/" + base64Url(group.bytes());
    }

    static String base64Url(Bytes bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
    }

    Mono<HttpResponse<byte[]>> call(RequestSource source) {
        return Mono.fromFuture(() ->
                        http.sendAsync(
                                source.get().build(), HttpResponse.BodyHandlers.ofByteArray()))
                // The timeout of the request ends with the head of the response.
                .timeout(config.answerWithin(), Mono.error(this::unanswered))
                .doOnNext(response -> {
                    if (response.statusCode() / 100 != 2) {
                        throw new RefusedException(problem(response));
                    }
                });
    }

    /// Sends an idempotent request. Retries it for some seconds while the refusal is *later* or no
    /// response arrives.
    Mono<HttpResponse<byte[]>> callAgain(RequestSource source) {
        return call(source)
                .retryWhen(
                        Retry.backoff(RETRIES, config.backoff().first())
                                .maxBackoff(config.backoff().max())
                                .filter(HttpCalls::isLater)
                                .onRetryExhaustedThrow((_, signal) -> signal.failure()))
                .timeout(config.answerWithin(), Mono.error(this::unanswered));
    }

    private RefusedException unanswered() {
        return new RefusedException(
                ServerRefusal.unanswered(Code.OUTCOME_UNKNOWN, config.answerWithin()));
    }

    private static boolean isLater(Throwable e) {
        return e instanceof IOException
                || (e instanceof RefusedException refused && refused.refusal().isForNow());
    }

    private static ServerRefusal problem(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        try {
            var json = JsonValue.parse(response.body());
            var code = json.get("code").text();
            return ServerRefusal.ofCode(
                    code.isEmpty() ? "http_" + status : code,
                    json.get("detail").text(),
                    retryOf(code, status));
        } catch (IllegalArgumentException e) {
            return ServerRefusal.ofCode(
                    "http_" + status, "no problem document", retryOfStatus(status));
        }
    }

    /// What to do after a problem. The status decides about the code of a later server.
    static RetryAdvice retryOf(String name, int status) {
        for (var code : Code.values()) {
            if (code.wireName().equals(name)) {
                return code.retry();
            }
        }
        return retryOfStatus(status);
    }

    private static RetryAdvice retryOfStatus(int status) {
        return switch (status) {
            case 429, 503 -> RetryAdvice.LATER;
            case 500 -> RetryAdvice.TO_LEARN_OUTCOME;
            default -> RetryAdvice.NEVER;
        };
    }
}
