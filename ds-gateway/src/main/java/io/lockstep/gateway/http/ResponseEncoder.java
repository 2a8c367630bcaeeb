package io.lockstep.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/// Encodes responses in sequence, and omits the content of a response to HEAD.
final class ResponseEncoder extends HttpResponseEncoder {
    private HttpMethod method = HttpMethod.GET;

    /// Sets the method of the request that is answered next.
    void answers(HttpMethod asked) {
        method = asked;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return method.equals(HttpMethod.HEAD) || super.isContentAlwaysEmpty(response);
    }
}
