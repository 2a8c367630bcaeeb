package io.lockstep.gateway.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;

/// Encodes the answer to one request after the other; to a HEAD without the content.
final class ResponseEncoder extends HttpResponseEncoder {
    private HttpMethod method = HttpMethod.GET;

    /// The method of the request that is answered next.
    void answers(HttpMethod asked) {
        method = asked;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpResponse response) {
        return method.equals(HttpMethod.HEAD) || super.isContentAlwaysEmpty(response);
    }
}
