package io.lockstep.server;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// The period in which a certificate is valid, with the warning that operators get.
record CertificateValidity(Instant from, Instant until) {
    /// Leaves enough time to renew the certificate by hand.
    static final Duration WARN_BEFORE = Duration.ofDays(14);

    static CertificateValidity of(X509Certificate certificate) {
        return new CertificateValidity(
                certificate.getNotBefore().toInstant(), certificate.getNotAfter().toInstant());
    }

    Duration left(Instant now) {
        return Duration.between(now, until);
    }

    /// What is wrong with the certificate at `now`, or will be within [#WARN_BEFORE].
    Optional<String> warning(Instant now) {
        if (now.isBefore(from)) {
            return Optional.of(
                    "the TLS certificate is not valid before " + from + ": clients refuse it");
        }
        if (!now.isBefore(until)) {
            return Optional.of("the TLS certificate expired at " + until + ": clients refuse it");
        }
        return left(now).compareTo(WARN_BEFORE) < 0
                ? Optional.of(
                        "the TLS certificate expires at "
                                + until
                                + ", days left: "
                                + left(now).toDays())
                : Optional.empty();
    }
}
