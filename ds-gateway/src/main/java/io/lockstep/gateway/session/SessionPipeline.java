package io.lockstep.gateway.session;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.http.SessionStarter;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;

/// Sets up the handlers of a session: a frame decoder and the session. Outgoing bytes pass no
/// handler except TLS, because each handler costs CPU on every write.
public final class SessionPipeline implements SessionStarter {
    /// The most unsent bytes that the kernel takes from a session. With this limit, 50,000 sessions
    /// that are behind hold less than a gigabyte of kernel memory; the kernel's own limit is up to
    /// 4 MiB each.
    static final int UNSENT_BYTES_MAX = 16 << 10;

    private final SessionContext context;
    private final WriteBufferWaterMark marks;

    public SessionPipeline(SessionContext context) {
        this.context = context;
        this.marks =
                new WriteBufferWaterMark(
                        context.limits().writeLowBytes(), context.limits().writeHighBytes());
    }

    /// Keeps unread bytes out of the kernel. Here they wait in buffers that thousands of sessions
    /// share; in the kernel each session would have its own copy. Socket memory is one pool for the
    /// whole machine: if it runs short, the connection to Redis stalls too.
    private void keepBytesOutOfTheKernel(Channel channel) {
        if (channel instanceof EpollSocketChannel socket) {
            socket.config().setTcpNotSentLowAt(UNSENT_BYTES_MAX);
        }
    }

    @Override
    public Runnable start(
            ChannelPipeline pipeline,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection admitted) {
        var channel = pipeline.channel();
        channel.config().setWriteBufferWaterMark(marks);
        keepBytesOutOfTheKernel(channel);
        var session = new ClientSession(context, channel, format, admitted);
        pipeline.addLast(session.decoder(SessionLimits.HELLO_BYTES_MAX));
        pipeline.addLast(new SessionHandler(session, session.partial()));
        session.start();
        return session::upgraded;
    }
}
