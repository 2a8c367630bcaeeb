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

/// A key set that an identity provider serves over HTTPS.
final class UrlKeyLoader implements KeyLoader {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final URI uri;
    private final HttpClient client;

    /// @throws IllegalArgumentException when it is neither HTTPS nor HTTP on loopback
    UrlKeyLoader(URI uri) {
        var host = uri.getHost();
        boolean secure = "https".equals(uri.getScheme());
        if (host == null || (!secure && !("http".equals(uri.getScheme()) && isLoopback(host)))) {
            throw new IllegalArgumentException("a JWKS URL is https, or http on loopback: " + uri);
        }
        this.uri = uri;
        this.client =
                HttpClient.newBuilder()
                        .connectTimeout(TIMEOUT)
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

    @Override
    public JWKSet load() throws IOException, ParseException {
        var request =
                HttpRequest.newBuilder(uri)
                        .timeout(TIMEOUT)
                        .header("accept", "application/jwk-set+json, application/json")
                        .build();
        try {
            var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (var body = response.body()) {
                if (response.statusCode() != 200) {
                    throw new IOException("answered " + response.statusCode());
                }
                var content = body.readNBytes(BYTES_MAX + 1);
                if (content.length > BYTES_MAX) {
                    throw new IOException("longer than " + BYTES_MAX + " bytes");
                }
                return JWKSet.parse(new String(content, StandardCharsets.UTF_8));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// The same always: only loading tells.
    @Override
    public Object version() {
        return uri;
    }

    @Override
    public String where() {
        return uri.toString();
    }
}
