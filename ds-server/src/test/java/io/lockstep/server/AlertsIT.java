package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/// Compares the alert rules with the metrics of a running server, and with the runbook.
class AlertsIT {
    private static final Path ROOT = Path.of(System.getProperty("lockstep.root", ".."));
    private static final Pattern METRIC = Pattern.compile("(lockstep|process)_[a-z_]+");

    private static final Set<String> ONLY_WITH_TLS =
            Set.of("lockstep_tls_certificate_expiry_seconds");

    private record Alert(String name, String expression, String annotations) {}

    private static List<Alert> alerts() throws IOException {
        try (var file = Files.newBufferedReader(ROOT.resolve("deploy/monitoring/alerts.yaml"))) {
            var found = new ArrayList<Alert>();
            Map<?, ?> document = new Yaml().load(file);
            for (var group : list(document, "groups")) {
                for (var rule : list((Map<?, ?>) group, "rules")) {
                    var alert = (Map<?, ?>) rule;
                    found.add(
                            new Alert(
                                    text(alert, "alert"),
                                    text(alert, "expr"),
                                    text(alert, "annotations")));
                }
            }
            return found;
        }
    }

    private static List<?> list(Map<?, ?> from, String key) {
        return (List<?>) Objects.requireNonNull(from.get(key));
    }

    private static String text(Map<?, ?> from, String key) {
        return Objects.requireNonNull(from.get(key)).toString();
    }

    @Test
    void everyMetricOfAnAlertExists(@TempDir Path folder) throws Exception {
        try (var server = DevServer.start(DevServerIT.settings(Map.of()), folder);
                var http = HttpClient.newHttpClient()) {
            var page =
                    http.send(
                                    HttpRequest.newBuilder(
                                                    URI.create(server.operationsUrl() + "/metrics"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body();
            var served =
                    page.lines()
                            .filter(line -> line.startsWith("# TYPE "))
                            .map(line -> line.split(" ", 4)[2])
                            .collect(Collectors.toSet());
            var named = new TreeSet<String>();
            for (var alert : alerts()) {
                METRIC.matcher(alert.expression())
                        .results()
                        .forEach(found -> named.add(found.group()));
            }
            assertThat(named).hasSizeGreaterThan(15);
            named.removeAll(served);
            named.removeAll(ONLY_WITH_TLS);
            assertThat(named).as("metrics that no server has").isEqualTo(Set.of());
        }
    }

    @Test
    void theRunbookHasASectionForEachAlertAndNoOther() throws IOException {
        var sections =
                Files.readAllLines(ROOT.resolve("docs/RUNBOOK.md")).stream()
                        .filter(line -> line.startsWith("## "))
                        .map(line -> line.substring(3))
                        .toList();
        assertThat(alerts()).extracting(Alert::name).hasSameElementsAs(sections);
        var text = Files.readString(ROOT.resolve("docs/RUNBOOK.md"));
        assertThat(alerts())
                .allSatisfy(alert -> {
                    assertThat(text).contains("`" + alert.expression() + "`");
                    assertThat(alert.annotations())
                            .contains("#" + alert.name().toLowerCase(Locale.ROOT));
                });
    }
}
