package io.lockstep.cli.program;

import java.net.URI;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Parses a server's address: the URL of its HTTP interface or of its WebSocket, which share host
/// and port.
public final class ServerAddress implements ITypeConverter<URI> {
    private static final Set<String> SCHEMES = Set.of("http", "https");
    private static final String WEB_SOCKET_PATH = "/v1/ws";

    /// @return `http://host:port` or `https://host:port`
    @Override
    public URI convert(String text) {
        try {
            var uri = URI.create(text.replaceFirst("^ws", "http"));
            if (SCHEMES.contains(uri.getScheme())
                    && uri.getHost() != null
                    && Set.of("", "/", WEB_SOCKET_PATH).contains(uri.getPath())) {
                return URI.create(uri.getScheme() + "://" + uri.getAuthority());
            }
        } catch (IllegalArgumentException _) {
            // The exception below reports it.
        }
        throw new TypeConversionException(
                "a server is http://host:port or https://host:port, not " + text);
    }

    /// Returns the WebSocket URL of the server at `http`.
    public static URI webSocketOf(URI http) {
        return URI.create(http.toString().replaceFirst("^http", "ws") + WEB_SOCKET_PATH);
    }
}
