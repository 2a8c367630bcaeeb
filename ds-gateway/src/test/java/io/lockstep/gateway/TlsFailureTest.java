package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.connection.TlsFailure;
import io.netty.handler.ssl.NotSslRecordException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class TlsFailureTest {
    @Test
    void causesAreDistinguishedForBothTlsEngines() {
        assertThat(TlsFailure.of(new ClosedChannelException())).isEqualTo(TlsFailure.CLOSED);
        assertThat(TlsFailure.of(new IOException("Connection reset by peer")))
                .isEqualTo(TlsFailure.CLOSED);
        assertThat(TlsFailure.of(new NotSslRecordException("not an SSL/TLS record")))
                .isEqualTo(TlsFailure.NOT_TLS);
        for (var text :
                new String[] {
                    "error:10000416:SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_UNKNOWN",
                    "(certificate_unknown) Received fatal alert: certificate_unknown",
                    "error:10000418:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA"
                }) {
            assertThat(TlsFailure.of(new SSLHandshakeException(text)))
                    .isEqualTo(TlsFailure.CERTIFICATE_REFUSED);
        }
        for (var text :
                new String[] {
                    "error:100000b8:SSL routines:OPENSSL_internal:NO_SHARED_CIPHER",
                    "error:100000f0:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL",
                    "no cipher suites in common"
                }) {
            assertThat(TlsFailure.of(new SSLHandshakeException(text)))
                    .as(text)
                    .isEqualTo(TlsFailure.NOTHING_IN_COMMON);
        }
    }
}
