package io.lockstep.bench.traffic;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;

/// Socket buffer settings of receivers. By default the kernel holds up to megabytes of unread data
/// per socket. A server then notices a stalled receiver late, and many sockets fill the kernel's
/// TCP memory of the whole machine.
///
/// @param receiveBytes receive buffer of each socket; 0: the kernel's default
/// @param ethernet whether to limit segments to Ethernet's length instead of the loopback device's
///     64 kB. The kernel also derives the sender's buffer from it
/// @param before applies to members from 0 up to this one; all others have the kernel's default
public record SocketBuffers(int receiveBytes, boolean ethernet, int before) {
    private static final int ETHERNET_SEGMENT_BYTES = 1460;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_MAXSEG = 2;
    private static final IntegerUnixChannelOption SEGMENT =
            new IntegerUnixChannelOption("TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG);

    /// The kernel's default.
    public static SocketBuffers systems() {
        return new SocketBuffers(0, false, 0);
    }

    /// Set before connecting: the window is negotiated then.
    void applyTo(Bootstrap bootstrap, int member, boolean isEpoll) {
        if (!isFor(member)) {
            return;
        }
        bootstrap.option(ChannelOption.SO_RCVBUF, receiveBytes);
        if (ethernet && isEpoll) {
            bootstrap.option(SEGMENT, ETHERNET_SEGMENT_BYTES);
        }
    }

    boolean isFor(int member) {
        return receiveBytes > 0 && member < before;
    }
}
