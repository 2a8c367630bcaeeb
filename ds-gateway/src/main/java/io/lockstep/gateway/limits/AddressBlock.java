package io.lockstep.gateway.limits;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The address blocks that address limits count a connection under: an IPv4 address, or the /64 and
/// the /48 of an IPv6 address. A client with one address of a /64 can use all of them, and a
/// provider assigns a /48 to one customer.
///
/// @param address an IPv4 address, or the first of an IPv6 /64
/// @param site the same IPv4 address, or the first of an IPv6 /48
public record AddressBlock(InetAddress address, InetAddress site) {
    private static final int ADDRESS_BYTES = 8;
    private static final int SITE_BYTES = 6;

    /// A connection for which only the proxy's address is known. No limit by address applies to it.
    public static final AddressBlock UNKNOWN = of(new byte[4]);

    public static AddressBlock of(@Nullable SocketAddress remote) {
        return remote instanceof InetSocketAddress socket && socket.getAddress() != null
                ? of(socket.getAddress())
                : of(InetAddress.getLoopbackAddress());
    }

    public static AddressBlock of(InetAddress address) {
        return address instanceof Inet6Address
                ? new AddressBlock(prefix(address, ADDRESS_BYTES), prefix(address, SITE_BYTES))
                : new AddressBlock(address, address);
    }

    private static AddressBlock of(byte[] address) {
        return of(byAddress(address));
    }

    public boolean isKnown() {
        return !equals(UNKNOWN);
    }

    private static InetAddress prefix(InetAddress address, int prefixBytes) {
        var bytes = address.getAddress();
        Arrays.fill(bytes, prefixBytes, bytes.length, (byte) 0);
        return byAddress(bytes);
    }

    private static InetAddress byAddress(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}
