package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A [KeyLoader] for the HTTPS URL of an identity provider.
final class UrlKeyLoader implements KeyLoader {
    private static final Duration DEADLINE = KeyLoader.LOAD_MAX;
    private static final int OK = 200;

    private final URI uri;
    private final HttpClient client;

    /// @throws IllegalArgumentException when the URL is neither HTTPS nor HTTP on loopback
    UrlKeyLoader(URI uri) {
        var host = uri.getHost();
        boolean secure = "https".equals(uri.getScheme());
        if (host == null || (!secure && !("http".equals(uri.getScheme()) && isLoopback(host)))) {
            throw new IllegalArgumentException("a JWKS URL is https, or http on loopback: " + uri);
        }
        this.uri = uri;
        this.client =
                HttpClient.newBuilder()
                        .connectTimeout(DEADLINE)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .build();
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /// The deadline covers everything from the connection to the last byte. The request time-out of
    /// the HTTP client covers only the time up to the headers.
    @Override
    public JWKSet load() throws IOException, ParseException {
        var request =
                HttpRequest.newBuilder(uri)
                        .timeout(DEADLINE)
                        .header("accept", "application/jwk-set+json, application/json")
                        .build();
        var exchange = client.sendAsync(request, UrlKeyLoader::body);
        try {
            var response = exchange.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() != OK) {
                throw new IOException("answered " + response.statusCode());
            }
            return KeySetParser.parse(new String(response.body(), StandardCharsets.UTF_8), where());
        } catch (TimeoutException e) {
            throw new IOException("no complete response in " + DEADLINE.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            // Cancels the exchange and closes its connection if it is not complete.
            exchange.cancel(true);
        }
    }

    /// Discards the body of any other response.
    private static HttpResponse.BodySubscriber<byte[]> body(HttpResponse.ResponseInfo head) {
        return head.statusCode() == OK
                ? HttpResponse.BodyHandlers.limiting(
                                HttpResponse.BodyHandlers.ofByteArray(), BYTES_MAX)
                        .apply(head)
                : HttpResponse.BodySubscribers.replacing(new byte[0]);
    }

    /// Constant: only a load shows whether the set has changed.
    @Override
    public Object version() {
        return uri;
    }

    @Override
    public boolean isVersioned() {
        return false;
    }

    @Override
    public String where() {
        return uri.toString();
    }
}
