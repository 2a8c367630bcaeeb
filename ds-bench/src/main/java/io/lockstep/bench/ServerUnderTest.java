package io.lockstep.bench;

import io.lockstep.bench.report.MetricsPage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;

/// A server under load.
///
/// @param operations URL of its operations port, which has the metrics
/// @param pid process id, if it runs on this machine and is known
/// @param gcLog collector log of a server that the run started, in the format of [GcLog]
record ServerUnderTest(
        URI webSocket, Optional<URI> operations, OptionalLong pid, Optional<Path> gcLog) {
    /// Parses a server of the option `--server`.
    ///
    /// @param text URL of a server (`http:`, `https:`, `ws:`, `wss:`), with `,` and the URL of its
    ///     operations port appended; or the data folder of a development server
    static ServerUnderTest parse(String text) {
        if (!text.contains("://")) {
            return announced(Path.of(text));
        }
        var parts = text.split(",", 2);
        var url = parts[0].replaceFirst("^http", "ws");
        return new ServerUnderTest(
                URI.create(url.matches("wss?://[^/]*/?") ? url.replaceFirst("/?$", "/v1/ws") : url),
                parts.length > 1 ? Optional.of(URI.create(parts[1])) : Optional.empty(),
                OptionalLong.empty(),
                Optional.empty());
    }

    static ServerUnderTest announced(Path folder) {
        try {
            var json =
                    JsonMapper.builder()
                            .build()
                            .readTree(Files.readString(folder.resolve("server.json")));
            return new ServerUnderTest(
                    URI.create(json.path("ws").asString()),
                    Optional.of(URI.create(json.path("operations").asString())),
                    OptionalLong.of(json.path("pid").asLong()),
                    Optional.empty());
        } catch (IOException e) {
            throw new BenchException(folder + " is not the folder of a running server", e);
        }
    }

    ServerUnderTest withGcLog(Path file) {
        return new ServerUnderTest(webSocket, operations, pid, Optional.of(file));
    }

    /// Returns the URL of its HTTP interface.
    URI http() {
        var scheme = "wss".equals(webSocket.getScheme()) ? "https" : "http";
        return URI.create(scheme + "://" + webSocket.getAuthority());
    }

    /// Returns the page of its operations port; empty if it has none.
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

    /// Returns the used heap, garbage included.
    static double heapBytes(MetricsPage page) {
        return page.sum("jvm_memory_used_bytes", "area=\"heap\"");
    }

    /// Returns the memory of buffers outside the heap. Netty's pools allocate it with or without
    /// the JVM's accounting.
    static double directBytes(MetricsPage page) {
        return Math.max(
                page.sum("jvm_buffer_memory_used_bytes", "id=\"direct\""),
                page.sum("netty_allocator_memory_used", "memory_type=\"direct\""));
    }

    /// Returns the memory in use of the direct buffers in Netty's pools.
    static double pooledBytes(MetricsPage page) {
        return page.sum("netty_allocator_memory_pinned", "memory_type=\"direct\"");
    }

    /// Returns the live heap: used bytes after a full collection.
    ///
    /// @return empty if no collection can be requested
    OptionalDouble liveHeapBytes() {
        if (pid.isEmpty() || operations.isEmpty() || !collect(pid.getAsLong())) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(metrics().map(ServerUnderTest::heapBytes).orElse(0.0));
    }

    /// Returns the live heap of several servers together.
    static OptionalDouble liveHeapBytes(List<ServerUnderTest> servers) {
        double sum = 0;
        for (var server : servers) {
            var live = server.liveHeapBytes();
            if (live.isEmpty()) {
                return live;
            }
            sum += live.getAsDouble();
        }
        return servers.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(sum);
    }

    private static boolean collect(long pid) {
        var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        if (!Files.isExecutable(jcmd)) {
            return false;
        }
        try {
            return new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.run")
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// Returns the current resident memory; 0 if it is unknown.
    long residentBytes() {
        return pid().isPresent() ? residentBytes(pid().getAsLong()) : 0;
    }

    /// Returns the resident memory of a process of this machine; 0 if it cannot be read.
    static long residentBytes(long pid) {
        return read(Path.of("/proc", Long.toString(pid), "status"))
                .lines()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    /// Returns the number of open files of a process of this machine, sockets included; 0 if it
    /// cannot be read.
    static int openFiles(long pid) {
        var files = Path.of("/proc", Long.toString(pid), "fd").toFile().list();
        return files == null ? 0 : files.length;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }
}
