package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The metrics page of a running server, as Prometheus reads it.
class MetricsIT {
    /// Labels that would name a user, or whose values grow with what clients do.
    private static final Set<String> LABELS_REFUSED =
            Set.of("user", "device", "client", "group", "session", "address", "token", "ref");

    private final DevServer server;
    private final HttpClient client = HttpClient.newHttpClient();

    MetricsIT(@TempDir Path folder) {
        server = DevServer.start(DevServerIT.settings(Map.of()), folder);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private String get(String uri) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(URI.create(uri)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /// 37 of 41 meters had no description. Netty's allocator read 0, because the wrong one was
    /// asked.
    @Test
    void everyMeterHasADescriptionAndNamesNoUser() throws Exception {
        get(server.httpUrl() + "/v1/key-packages");
        var page = get(server.operationsUrl() + "/metrics");
        var help = new HashMap<String, String>();
        var types = new HashSet<String>();
        page.lines()
                .forEach(line -> {
                    var words = line.split(" ", 4);
                    if (line.startsWith("# HELP ")) {
                        help.put(words[2], words.length < 4 ? "" : words[3].strip());
                    } else if (line.startsWith("# TYPE ")) {
                        types.add(words[2]);
                    }
                });
        assertThat(types).hasSizeGreaterThan(60);
        assertThat(types)
                .as(
                        "meters without a description: add one where the meter is made, or in"
                                + " MeterDescriptions")
                .allSatisfy(name -> assertThat(help.get(name)).as(name).isNotBlank());

        var labels =
                Pattern.compile("[{,]([a-z_]+)=\"")
                        .matcher(page)
                        .results()
                        .map(found -> found.group(1))
                        .toList();
        assertThat(labels).isNotEmpty().doesNotContainAnyElementsOf(LABELS_REFUSED);

        var used =
                Pattern.compile("netty_allocator_memory_used\\{([^}]*)} (\\S+)")
                        .matcher(page)
                        .results()
                        .mapToDouble(found -> Double.parseDouble(found.group(2)))
                        .sum();
        assertThat(used).as("bytes of Netty's allocators").isPositive();
    }
}
