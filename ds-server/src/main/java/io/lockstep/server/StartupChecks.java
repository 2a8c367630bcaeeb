package io.lockstep.server;

import io.lockstep.auth.Authenticator;
import io.lockstep.auth.JwtAuthenticator;
import io.lockstep.auth.JwtRules;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.ServerSettings.Auth.AuthMode;
import io.netty.handler.ssl.SslContext;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Checks what `serve` needs, except its store. It collects all reasons against a start instead of
/// stopping at the first.
final class StartupChecks {
    private final ServerSettings settings;
    private final InstantSource clock;
    private final List<String> reasons = new ArrayList<>();

    private final Optional<Authenticator> authenticator;
    private final Optional<SslContext> tls;
    private final Optional<DeploymentKeys> keys;

    private StartupChecks(ServerSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
        attempt(() -> ModuleLimits.of(settings), "limits");
        authenticator = authenticator();
        tls = tls();
        keys = keys();
        settings.operations()
                .tokenFile()
                .ifPresent(file -> attempt(() -> new OperatorToken(file), "operations"));
        if (settings.redis().uri().isEmpty()) {
            reasons.add("redis.uri is not set: serve does not start a Redis of its own");
        }
    }

    /// Checks everything except the store.
    static StartupChecks check(ServerSettings settings, InstantSource clock) {
        return new StartupChecks(settings, clock);
    }

    List<String> reasons() {
        return List.copyOf(reasons);
    }

    /// Call only if there are no reasons.
    Wiring.WiringInput parts(Store store, Metrics metrics) {
        return new Wiring.WiringInput(
                settings, store, authenticator.orElseThrow(), tls, clock, metrics);
    }

    Optional<DeploymentKeys> deploymentKeys() {
        return keys;
    }

    private Optional<Authenticator> authenticator() {
        var auth = settings.auth();
        if (auth.mode() == AuthMode.DEV) {
            reasons.add("auth.mode dev accepts any token: it is for lockstep dev only");
            return Optional.empty();
        }
        if (auth.mode() == AuthMode.NONE) {
            reasons.add("auth.mode is none: set jwt, and auth.jwt.keys, issuer and audience");
            return Optional.empty();
        }
        var jwt = auth.jwt();
        for (var missing :
                List.of(
                        Optional.of("keys").filter(_ -> jwt.keys().isEmpty()),
                        Optional.of("issuer").filter(_ -> jwt.issuer().isEmpty()),
                        Optional.of("audience").filter(_ -> jwt.audience().isEmpty()))) {
            missing.ifPresent(part -> reasons.add("auth.jwt." + part + " is not set"));
        }
        if (jwt.keys().isEmpty() || jwt.issuer().isEmpty() || jwt.audience().isEmpty()) {
            return Optional.empty();
        }
        return attempt(
                () -> {
                    var rules =
                            new JwtRules(jwt.issuer().get(), jwt.audience().get(), jwt.clockSkew());
                    return authenticator(jwt.keys().get(), rules);
                },
                "auth.jwt");
    }

    private Authenticator authenticator(URI keys, JwtRules rules) {
        var scheme = keys.getScheme();
        if (scheme == null) {
            return JwtAuthenticator.ofFile(Path.of(keys.toString()), rules, clock);
        }
        return scheme.equals("file")
                ? JwtAuthenticator.ofFile(Path.of(keys), rules, clock)
                : JwtAuthenticator.ofUrl(keys, rules, clock);
    }

    private Optional<SslContext> tls() {
        var files = settings.tls();
        if (files.certificate().isEmpty() || files.key().isEmpty()) {
            if (!settings.listen().behindProxy()) {
                reasons.add(
                        "there is no TLS: set tls.certificate and tls.key, or listen.behind-proxy"
                                + " true where a proxy in front ends TLS");
            }
            return Optional.empty();
        }
        return attempt(
                () -> ReloadingSslContext.of(files.certificate().get(), files.key().get(), clock),
                "tls");
    }

    private Optional<DeploymentKeys> keys() {
        if (settings.deploymentKeyFile().isEmpty()) {
            reasons.add(
                    "deployment-key-file is not set: make one with openssl rand -hex 32, the same"
                            + " for all nodes");
            return Optional.empty();
        }
        return attempt(
                () -> DeploymentKeyFile.read(settings.deploymentKeyFile().get()),
                "deployment-key-file");
    }

    private <T> Optional<T> attempt(Supplier<T> making, String section) {
        try {
            return Optional.of(making.get());
        } catch (StartupException e) {
            reasons.addAll(e.reasons());
        } catch (IllegalArgumentException e) {
            reasons.add(section + ": " + e.getMessage());
        }
        return Optional.empty();
    }
}
