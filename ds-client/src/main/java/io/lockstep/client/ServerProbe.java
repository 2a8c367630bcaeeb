package io.lockstep.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Probes a server address and reports at which step a connection fails (DNS, TCP, TLS, HTTP),
/// because the remedy differs for each step. Blocks.
///
/// ```java
/// ServerProbe.Found found = network.probe(URI.create("https://chat.example.org"));
/// if (found != ServerProbe.Found.ANSWERS) {
///     System.err.println("https://chat.example.org: " + found.sentence());
/// }
/// ```
public final class ServerProbe {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private ServerProbe() {}

    /// Result of a probe.
    public enum ProbeResult {
        ANSWERS("answers"),
        UNKNOWN_HOST("its name is not known (DNS)"),
        NOTHING_LISTENS("nothing listens there (connection refused)"),
        UNREACHABLE("it cannot be reached", true),
        NO_ANSWER("it does not answer in time", true),
        UNTRUSTED_CERTIFICATE(
                "its certificate is of an authority that is not trusted here; name that authority's"
                        + " certificate with --ca FILE"),
        OTHER_HOST_NAME("its certificate is for another host name"),
        CERTIFICATE_NOT_VALID_NOW("its certificate has expired, or is not valid yet"),
        HANDSHAKE_FAILED("the TLS handshake fails", true),
        PLAIN("it speaks plain HTTP: write http:// for https://"),
        TLS("it speaks TLS: write https:// for http://"),
        NO_HTTP("what listens there does not speak HTTP", true);

        private final String sentence;

        /// Whether this may be the result of the wrong scheme: a server that expects another
        /// protocol may be silent, close, or answer anything.
        private final boolean mayBeTheOtherScheme;

        ProbeResult(String sentence) {
            this(sentence, false);
        }

        ProbeResult(String sentence, boolean mayBeTheOtherScheme) {
            this.sentence = sentence;
            this.mayBeTheOtherScheme = mayBeTheOtherScheme;
        }

        /// Returns a sentence for people, which follows the server's address and a colon.
        public String sentence() {
            return sentence;
        }
    }

    static ProbeResult of(HttpClient http, URI server) {
        var host = server.getHost();
        try {
            var _ = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            return ProbeResult.UNKNOWN_HOST;
        }
        var found = ask(http, server);
        return found.mayBeTheOtherScheme && answersOtherwise(http, server)
                ? "https".equals(server.getScheme()) ? ProbeResult.PLAIN : ProbeResult.TLS
                : found;
    }

    private static ProbeResult ask(HttpClient http, URI server) {
        try {
            var _ =
                    http.send(
                            HttpRequest.newBuilder(server.resolve("/livez"))
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
            return ProbeResult.ANSWERS;
        } catch (IOException e) {
            return why(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return ProbeResult.NO_ANSWER;
        }
    }

    private static boolean answersOtherwise(HttpClient http, URI server) {
        return "https".equals(server.getScheme())
                ? ask(http, URI.create("http" + server.toString().substring("https".length())))
                        == ProbeResult.ANSWERS
                : speaksTls(server);
    }

    private static ProbeResult why(IOException failure) {
        return switch (failure) {
            case HttpTimeoutException _ -> ProbeResult.NO_ANSWER;
            case ConnectException _ -> ProbeResult.NOTHING_LISTENS;
            case SSLException tls -> ofTls(tls);
            case SocketException _ -> ProbeResult.UNREACHABLE;
            default -> ProbeResult.NO_HTTP;
        };
    }

    private static ProbeResult ofTls(SSLException failure) {
        if (cause(failure, CertificateExpiredException.class) != null
                || cause(failure, CertificateNotYetValidException.class) != null) {
            return ProbeResult.CERTIFICATE_NOT_VALID_NOW;
        }
        if (cause(failure, CertPathBuilderException.class) != null
                || cause(failure, CertPathValidatorException.class) != null) {
            return ProbeResult.UNTRUSTED_CERTIFICATE;
        }
        // The JDK's host name check throws the bare class. An untrusted chain has a cause.
        if (cause(failure, CertificateException.class) != null) {
            return ProbeResult.OTHER_HOST_NAME;
        }
        return ProbeResult.HANDSHAKE_FAILED;
    }

    private static <T extends Throwable> @Nullable T cause(Throwable failure, Class<T> type) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (type.isInstance(at)) {
                return type.cast(at);
            }
        }
        return null;
    }

    /// Whether the port answers a TLS handshake. Sends nothing else, so it need not validate the
    /// certificate.
    private static boolean speaksTls(URI server) {
        int port = server.getPort() >= 0 ? server.getPort() : 80;
        try (var socket =
                SSLContext.getDefault().getSocketFactory().createSocket(server.getHost(), port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            ((javax.net.ssl.SSLSocket) socket).startHandshake();
            return true;
        } catch (SSLException e) {
            // An untrusted certificate also proves TLS.
            return cause(e, CertificateException.class) != null;
        } catch (IOException | GeneralSecurityException e) {
            return false;
        }
    }
}
