package io.lockstep.gateway.http;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.wire.frame.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a client is told when the service behind fails.
final class Failures {
    private static final Logger log = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /// @param error of the authenticator
    static HttpAnswer authentication(Throwable error) {
        if (error instanceof AuthenticationException) {
            var reason = error.getMessage();
            return ProblemDetails.of(Code.UNAUTHENTICATED, reason == null ? "" : reason);
        }
        if (error instanceof DeviceRevokedException) {
            return ProblemDetails.of(Code.DEVICE_REVOKED);
        }
        log.warn("a token could not be checked: {}", error.toString());
        return ProblemDetails.of(Code.AUTHENTICATION_UNAVAILABLE);
    }

    static HttpAnswer answer(HttpMethod method, Throwable error) {
        var code =
                switch (error) {
                    case DirectoryUnavailableException _,
                            LogUnavailableException _,
                            TimeoutException _ ->
                            method.equals(HttpMethod.GET) ? Code.UNAVAILABLE : Code.OUTCOME_UNKNOWN;
                    default -> Code.INTERNAL;
                };
        if (code == Code.INTERNAL) {
            log.error("a request failed", error);
        } else {
            log.warn("a request got no answer: {}", error.toString());
        }
        return ProblemDetails.of(code);
    }
}
