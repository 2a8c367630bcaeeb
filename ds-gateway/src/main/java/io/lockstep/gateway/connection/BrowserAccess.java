package io.lockstep.gateway.connection;

import java.net.URI;
import java.util.Set;
import java.util.regex.Pattern;

/// Decides from which web origins a browser may use the server, and under which host names. A
/// request without `Origin` does not come from a browser page and is not restricted.
///
/// @param origins allowed values of `Origin`; `*`: any; empty: none
/// @param loopbackOnly the server trusts every client on its machine. Requests must then name a
///     loopback host, because a page could point its own name here (DNS rebinding). Pages of
///     loopback origins are allowed.
public record BrowserAccess(Set<String> origins, boolean loopbackOnly) {
    private static final String ANY = "*";

    /// `host`, `host:port`, `[IPv6]` or `[IPv6]:port` (RFC 3986 §3.2.2, §3.2.3). Group 1 is the
    /// host.
    private static final Pattern HOST_AND_PORT =
            Pattern.compile(
                    "(\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9._~%!$&'()*+,;=-]{1,255})(:[0-9]{0,5})?");

    private static final Pattern LOOPBACK =
            Pattern.compile(
                    "localhost\\.?|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|\\[::1]",
                    Pattern.CASE_INSENSITIVE);

    /// No browser may use the server.
    public static final BrowserAccess NONE = new BrowserAccess(Set.of(), false);

    public BrowserAccess {
        origins = Set.copyOf(origins);
    }

    /// Whether any page may use the server: responses then vary by origin.
    public boolean isOpenToBrowsers() {
        return loopbackOnly || !origins.isEmpty();
    }

    public boolean allowsOrigin(String origin) {
        return origins.contains(origin)
                || origins.contains(ANY)
                || (loopbackOnly && isLoopbackOrigin(origin));
    }

    /// @param hostAndPort of the `Host` header, or of the request target
    public boolean allowsHost(String hostAndPort) {
        return !loopbackOnly || isLoopback(hostAndPort);
    }

    /// Whether the text is a valid value of `Host` (RFC 9110 §7.2).
    public static boolean isHostAndPort(String text) {
        return HOST_AND_PORT.matcher(text).matches();
    }

    /// Whether the host is `localhost`, in 127.0.0.0/8, or `[::1]`, with or without a port.
    public static boolean isLoopback(String hostAndPort) {
        var parts = HOST_AND_PORT.matcher(hostAndPort);
        return parts.matches() && LOOPBACK.matcher(parts.group(1)).matches();
    }

    private static boolean isLoopbackOrigin(String origin) {
        try {
            var uri = URI.create(origin);
            return uri.getScheme() != null
                    && uri.getRawAuthority() != null
                    && isLoopback(uri.getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
