package io.lockstep.gateway.http;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.TooLongHttpHeaderException;

/// Creates Netty header collections with a maximum number of fields. Netty allocates 200 bytes for
/// a field of four bytes.
record BoundedHeadersFactory(int fieldsMax) implements HttpHeadersFactory {
    @Override
    public HttpHeaders newHeaders() {
        return new BoundedHeaders(fieldsMax);
    }

    @Override
    public HttpHeaders newEmptyHeaders() {
        return new BoundedHeaders(fieldsMax);
    }

    private static final class BoundedHeaders extends DefaultHttpHeaders {
        private final int fieldsMax;
        private int fields;

        BoundedHeaders(int fieldsMax) {
            this.fieldsMax = fieldsMax;
        }

        @Override
        public HttpHeaders add(CharSequence name, Object value) {
            count();
            return super.add(name, value);
        }

        @Override
        public HttpHeaders add(String name, Object value) {
            count();
            return super.add(name, value);
        }

        private void count() {
            if (++fields > fieldsMax) {
                throw new TooLongHttpHeaderException("more than " + fieldsMax + " fields");
            }
        }
    }
}
