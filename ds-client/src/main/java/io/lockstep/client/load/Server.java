package io.lockstep.client.load;

import io.lockstep.client.load.report.MetricsPage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/// A server under load.
///
/// @param operations where its metrics are
/// @param pid where it runs on this machine and is known
record Server(URI webSocket, Optional<URI> operations, OptionalLong pid) {
    private static final double TICKS_PER_SECOND = 100;

    /// @param text URL of a server (`http:`, `https:`, `ws:`, `wss:`), with `,` and that of its operations
    ///     port behind it; or the data folder of a development server
    static Server parse(String text) {
        if (!text.contains("://")) {
            return announced(Path.of(text));
        }
        var parts = text.split(",", 2);
        var url = parts[0].replaceFirst("^http", "ws");
        return new Server(
                URI.create(url.matches("wss?://[^/]*/?") ? url.replaceFirst("/?$", "/v1/ws") : url),
                parts.length > 1 ? Optional.of(URI.create(parts[1])) : Optional.empty(),
                OptionalLong.empty());
    }

    static Server announced(Path folder) {
        try {
            var json =
                    JsonMapper.builder()
                            .build()
                            .readTree(Files.readString(folder.resolve("server.json")));
            return new Server(
                    URI.create(json.path("ws").asString()),
                    Optional.of(URI.create(json.path("operations").asString())),
                    OptionalLong.of(json.path("pid").asLong()));
        } catch (IOException e) {
            throw new BenchException(folder + " is not the folder of a running server", e);
        }
    }

    /// What its operations port tells; empty where there is none.
    Optional<MetricsPage> metrics() {
        return operations.map(url -> {
            try (var http = HttpClient.newHttpClient()) {
                var request = HttpRequest.newBuilder(url.resolve("/metrics")).build();
                return MetricsPage.parse(http.send(request, BodyHandlers.ofString()).body());
            } catch (IOException e) {
                throw new BenchException("no metrics at " + url, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
        });
    }

    /// CPU time of a process of this machine so far, its ended threads included; 0 where that cannot be read.
    static double cpuSeconds(long pid) {
        var stat = read(Path.of("/proc", Long.toString(pid), "stat"));
        // The name before may hold anything, in brackets.
        var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        return fields.length < 13
                ? 0
                : (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /// Resident memory of a process of this machine; 0 where that cannot be read.
    static long residentBytes(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "status"))
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
