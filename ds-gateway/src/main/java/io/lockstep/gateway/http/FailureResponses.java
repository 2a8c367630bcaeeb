package io.lockstep.gateway.http;

import io.lockstep.auth.AuthenticationException;
import io.lockstep.auth.AuthenticationUnavailableException;
import io.lockstep.auth.DeviceRevokedException;
import io.lockstep.directory.DirectoryUnavailableException;
import io.lockstep.log.BlobQuotaExceededException;
import io.lockstep.log.CallEffect;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.runtime.RateLimitedLogger;
import io.lockstep.wire.Code;
import io.netty.handler.codec.http.HttpMethod;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;

/// Creates the response for a failure of a service behind the gateway.
final class FailureResponses {
    private static final Logger LOG = LoggerFactory.getLogger(FailureResponses.class);

    /// Clients and an unreachable store can cause these lines repeatedly.
    private static final RateLimitedLogger TROUBLE = RateLimitedLogger.of(FailureResponses.class);

    private FailureResponses() {}

    /// @param error of the authenticator
    static RouteResponse authentication(Throwable error) {
        if (error instanceof AuthenticationException) {
            var reason = error.getMessage();
            return ProblemDetails.of(Code.UNAUTHENTICATED, reason == null ? "" : reason);
        }
        if (error instanceof DeviceRevokedException) {
            return ProblemDetails.of(Code.DEVICE_REVOKED);
        }
        TROUBLE.warn("a token could not be checked: {}", error.toString());
        return ProblemDetails.of(Code.AUTHENTICATION_UNAVAILABLE);
    }

    static RouteResponse answer(HttpMethod method, Throwable error) {
        if (error instanceof AuthenticationException
                || error instanceof AuthenticationUnavailableException) {
            return authentication(error);
        }
        var code = code(method, error);
        if (code == Code.INTERNAL) {
            LOG.error("a request failed", error);
        } else if (code != Code.DEVICE_REVOKED) {
            TROUBLE.warn("a request got no answer: {}", error.toString());
        }
        return ProblemDetails.of(code);
    }

    private static Code code(HttpMethod method, Throwable error) {
        if (Exceptions.isMultiple(error)) {
            var codes =
                    Exceptions.unwrapMultiple(error).stream()
                            .map(part -> code(method, part))
                            .collect(Collectors.toSet());
            return codes.contains(Code.INTERNAL)
                    ? Code.INTERNAL
                    : codes.contains(Code.OUTCOME_UNKNOWN)
                            ? Code.OUTCOME_UNKNOWN
                            : Code.UNAVAILABLE;
        }
        return switch (error) {
            case DirectoryUnavailableException e -> code(method, e.effect());
            case LogUnavailableException e -> code(method, e.effect());
            case BlobQuotaExceededException _ -> Code.GROUP_BLOBS_FULL;
            case TimeoutException _ -> code(method, CallEffect.UNKNOWN);
            case DeviceRevokedException _ -> Code.DEVICE_REVOKED;
            default -> Code.INTERNAL;
        };
    }

    private static Code code(HttpMethod method, CallEffect effect) {
        return method.equals(HttpMethod.GET) || effect == CallEffect.NOT_EXECUTED
                ? Code.UNAVAILABLE
                : Code.OUTCOME_UNKNOWN;
    }
}
