package io.lockstep.bench.traffic;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;

/// What the kernel may hold for receivers that have not read it yet. It takes up to megabytes for each socket of
/// its own accord: one that stops reading is not noticed for as long, and many sockets fill the memory that the
/// kernel has for TCP of the whole machine.
///
/// @param receiveBytes of each; 0: as the kernel likes
/// @param ethernet whether their segments are as long as over Ethernet, not the 64 kB of the loopback device, by
///     which the kernel also measures what it holds at the sender
/// @param before this member, from 0 on; all others have what the kernel likes
public record Buffers(int receiveBytes, boolean ethernet, int before) {
    private static final int ETHERNET_SEGMENT_BYTES = 1460;
    private static final int IPPROTO_TCP = 6;
    private static final int TCP_MAXSEG = 2;
    private static final IntegerUnixChannelOption SEGMENT =
            new IntegerUnixChannelOption("TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG);

    /// As the kernel likes.
    public static Buffers systems() {
        return new Buffers(0, false, 0);
    }

    /// To be set before it connects: the window is agreed on then.
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
