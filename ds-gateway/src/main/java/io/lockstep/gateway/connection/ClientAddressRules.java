package io.lockstep.gateway.connection;

import io.lockstep.gateway.limits.AddressBlock;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Rules that determine a client's address, also behind proxies. Only trusted proxies are believed.
/// In a chain of proxies, the client is the last hop that is not a trusted proxy. Thread-safe.
///
/// @param source where the address comes from
/// @param trusted networks of trusted proxies, such as `10.0.0.0/8`
/// @param peersAreProxies whether connections come from proxies that tell nothing about their
///     clients: then no limit by address applies
public record ClientAddressRules(
        ClientAddressSource source, List<String> trusted, boolean peersAreProxies) {
    /// Clients connect directly.
    public static final ClientAddressRules DIRECT =
            new ClientAddressRules(ClientAddressSource.PEER, List.of(), false);

    public ClientAddressRules {
        trusted = List.copyOf(trusted);
        trusted.forEach(ClientAddressRules::rule);
        if ((source == ClientAddressSource.PEER) != trusted.isEmpty()) {
            throw new IllegalArgumentException(
                    "trusted-proxies needs a client-address other than peer, and the reverse");
        }
    }

    /// Compiles these rules; call it once.
    public AddressReader reader() {
        return new AddressReader(this, trusted.stream().map(ClientAddressRules::rule).toList());
    }

    private static IpSubnetFilterRule rule(String network) {
        int slash = network.indexOf('/');
        var address = slash < 0 ? network : network.substring(0, slash);
        boolean v4 = NetUtil.isValidIpV4Address(address);
        if (!v4 && !NetUtil.isValidIpV6Address(address)) {
            throw new IllegalArgumentException(
                    "\"" + network + "\" is not a network such as 10.0.0.0/8 or 2001:db8::/32");
        }
        int bits = v4 ? Integer.SIZE : 4 * Integer.SIZE;
        try {
            int prefix = slash < 0 ? bits : Integer.parseInt(network.substring(slash + 1));
            return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\"" + network + "\" is not a network such as 10.0.0.0/8", e);
        }
    }

    /// Reads addresses by these rules.
    public record AddressReader(ClientAddressRules settings, List<IpSubnetFilterRule> rules) {
        public AddressReader {
            rules = List.copyOf(rules);
        }

        /// The address block of a new connection, as far as it is known before any byte is read.
        public AddressBlock network(@Nullable SocketAddress peer) {
            boolean unknown =
                    settings.source == ClientAddressSource.PEER
                            ? settings.peersAreProxies
                            : isTrusted(peer);
            return unknown ? AddressBlock.UNKNOWN : AddressBlock.of(peer);
        }

        /// Whether the peer sends a PROXY header first.
        public boolean sendsProxyHeader(@Nullable SocketAddress peer) {
            return settings.source == ClientAddressSource.PROXY_PROTOCOL && isTrusted(peer);
        }

        /// @return empty if the request contains no address that may be believed
        public Optional<InetAddress> of(@Nullable SocketAddress peer, HttpHeaders headers) {
            return switch (settings.source) {
                case PEER, PROXY_PROTOCOL -> Optional.empty();
                case X_FORWARDED_FOR ->
                        isTrusted(peer)
                                ? lastUntrusted(elements(headers.getAll("x-forwarded-for")))
                                : Optional.empty();
                case FORWARDED ->
                        isTrusted(peer)
                                ? lastUntrusted(
                                        elements(headers.getAll("forwarded")).stream()
                                                .map(AddressReader::forwardedFor)
                                                .toList())
                                : Optional.empty();
            };
        }

        private boolean isTrusted(@Nullable SocketAddress peer) {
            return peer instanceof InetSocketAddress socket
                    && socket.getAddress() != null
                    && rules.stream().anyMatch(rule -> rule.matches(socket));
        }

        private static List<String> elements(List<String> fields) {
            var elements = new ArrayList<String>();
            for (var field : fields) {
                elements.addAll(List.of(field.split(",", -1)));
            }
            return elements;
        }

        /// A hop that is not an address (`unknown`, `_hidden`) ends the chain: no trusted proxy
        /// confirms the hops before it.
        private Optional<InetAddress> lastUntrusted(List<String> hops) {
            Optional<InetAddress> last = Optional.empty();
            for (var hop : hops.reversed()) {
                last = address(hop.strip());
                if (last.isEmpty() || !isTrusted(new InetSocketAddress(last.get(), 0))) {
                    return last;
                }
            }
            return last;
        }

        /// The value of `for` in one element of `Forwarded` (RFC 7239 §4); empty text for none.
        private static String forwardedFor(String element) {
            for (var pair : element.split(";", -1)) {
                var text = pair.strip();
                if (text.regionMatches(true, 0, "for=", 0, 4)) {
                    var value = text.substring(4);
                    return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                            ? value.substring(1, value.length() - 1)
                            : value;
                }
            }
            return "";
        }

        /// Parses `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or
        /// `[2001:db8::1]:80`.
        private static Optional<InetAddress> address(String text) {
            var host = text;
            if (text.startsWith("[")) {
                int end = text.indexOf(']');
                host = end < 0 ? "" : text.substring(1, end);
            } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
                host = text.substring(0, text.indexOf(':'));
            }
            if (!NetUtil.isValidIpV4Address(host) && !NetUtil.isValidIpV6Address(host)) {
                return Optional.empty();
            }
            var bytes = NetUtil.createByteArrayFromIpAddressString(host);
            try {
                return bytes == null
                        ? Optional.empty()
                        : Optional.of(InetAddress.getByAddress(bytes));
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address has 4 or 16 bytes", e);
            }
        }

        /// The source address of a PROXY header.
        public static Optional<InetAddress> ofHeader(@Nullable String source) {
            return source == null ? Optional.empty() : address(source);
        }
    }
}
