package io.lockstep.gateway.session;

import io.lockstep.gateway.connection.ConnectionAdmission;
import io.lockstep.gateway.http.SessionStarter;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.wire.frame.FrameFormat;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannel;

/// The handlers of a session: a frame decoder and the session. Outgoing bytes pass no handler at all
/// (but TLS): each one costs on every write.
public final class SessionPipeline implements SessionStarter {
    /// What the kernel takes of a session before it has sent any of it. 50,000 sessions that are behind then hold less
    /// than a gigabyte of its memory, where its own bound is up to 4 MiB each.
    static final int UNSENT_BYTES_MAX = 16 << 10;

    private final SessionContext context;
    private final WriteBufferWaterMark marks;

    public SessionPipeline(SessionContext context) {
        this.context = context;
        this.marks =
                new WriteBufferWaterMark(
                        context.limits().writeLowBytes(), context.limits().writeHighBytes());
    }

    /// What a client does not read waits here, in buffers that thousands share, rather than in the kernel, as a copy
    /// for each: that memory is one for the whole machine, and when it is short the connection to Redis stalls
    /// with the rest.
    private void keepBytesOutOfTheKernel(Channel channel) {
        if (channel instanceof EpollSocketChannel socket) {
            socket.config().setTcpNotSentLowAt(UNSENT_BYTES_MAX);
        }
    }

    @Override
    public Runnable start(
            ChannelPipeline pipeline,
            FrameFormat format,
            ConnectionAdmission.AdmittedConnection ticket) {
        var channel = pipeline.channel();
        channel.config().setWriteBufferWaterMark(marks);
        keepBytesOutOfTheKernel(channel);
        var session = new ClientSession(context, channel, format, ticket);
        pipeline.addLast(session.decoder(SessionLimits.HELLO_BYTES_MAX));
        pipeline.addLast(new SessionHandler(session, session.unfinished()));
        session.start();
        return session::upgraded;
    }
}
