package io.lockstep.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.TestServer;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.StoreAdmission;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.blob.BlobCache;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.gateway.quota.Quotas;
import io.lockstep.runtime.MonotonicClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class HttpRoutesTest {
    private static final Pattern PATH = Pattern.compile("  (/[^:]*):");
    private static final Pattern METHOD = Pattern.compile("    (get|put|post|delete):");

    @Test
    void theOpenApiDocumentNamesExactlyTheRoutes() throws IOException {
        try (var server = TestServer.start()) {
            var access =
                    new GroupAccess(
                            server.log,
                            server.remembered,
                            server.pseudonyms,
                            new SubmissionRateLimiter(
                                    SubmissionLimits.DEFAULT, 1 << 20, MonotonicClock.SYSTEM));
            var limits = GatewayLimits.DEFAULT;
            var blobs = new BlobCache(server.blobs, limits.blobs());
            var routes =
                    HttpRoutes.of(
                                    server.services,
                                    access,
                                    new StoreAdmission(() -> true),
                                    new Quotas(
                                            server.quotas,
                                            server.pseudonyms,
                                            limits.quotas(),
                                            MonotonicClock.SYSTEM,
                                            server.meters),
                                    blobs,
                                    limits)
                            .stream()
                            .map(route -> route.method() + " " + route.pattern())
                            .collect(Collectors.toCollection(TreeSet::new));
            assertThat(described()).isEqualTo(routes);
        }
    }

    /// Parsed by indentation, which is sufficient here.
    private static Set<String> described() throws IOException {
        var operations = new TreeSet<String>();
        var path = "";
        for (var line : document().lines().toList()) {
            var pathLine = PATH.matcher(line);
            var methodLine = METHOD.matcher(line);
            if (pathLine.matches()) {
                path = pathLine.group(1).replaceAll("\\{[a-z0-9]+}", "{}");
            } else if (methodLine.matches()) {
                operations.add(methodLine.group(1).toUpperCase(Locale.ROOT) + " " + path);
            }
        }
        return operations;
    }

    private static String document() throws IOException {
        try (var in =
                Objects.requireNonNull(HttpRoutesTest.class.getResourceAsStream("openapi.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
