package io.lockstep.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import java.util.List;

/// Netty's request decoder, without two lenient behaviours that RFC 9112 leaves to a server: header
/// line folding (§5.2), and `Content-Length` together with `Transfer-Encoding` (§6.1). A proxy in
/// front that interprets them differently would see other requests than this server.
class StrictRequestDecoder extends HttpRequestDecoder {
    private boolean inHead = true;
    private boolean folded;
    private int lengths;

    /// The byte of the head that precedes the bytes at hand.
    private byte last;

    StrictRequestDecoder(HttpDecoderConfig config) {
        super(config);
    }

    /// One call reads lines of a head, at most to its end, or chunks of a body.
    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
            throws Exception {
        int from = in.readerIndex();
        int before = out.size();
        super.decode(ctx, in, out);
        if (inHead) {
            scan(in, from, in.readerIndex());
        }
        for (int i = before; i < out.size(); i++) {
            var object = out.get(i);
            if (object instanceof HttpRequest request) {
                headEnds(request);
            }
            if (object instanceof LastHttpContent) {
                inHead = true;
            }
        }
    }

    private void scan(ByteBuf in, int from, int to) {
        for (int i = from; i < to && !folded; i++) {
            byte next = in.getByte(i);
            folded = last == '\n' && (next == ' ' || next == '\t');
            last = next;
        }
    }

    /// Netty keeps one of several lengths in HTTP/1.0.
    @Override
    protected AsciiString splitHeaderName(byte[] bytes, int start, int length) {
        var name = super.splitHeaderName(bytes, start, length);
        if (inHead && HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
            lengths++;
        }
        return name;
    }

    private void headEnds(HttpRequest request) {
        if ((folded || lengths > 1) && request.decoderResult().isSuccess()) {
            request.setDecoderResult(
                    DecoderResult.failure(
                            new IllegalArgumentException(
                                    "a folded header line, or a duplicate Content-Length")));
        }
        inHead = false;
        folded = false;
        lengths = 0;
        last = 0;
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
    }
}
