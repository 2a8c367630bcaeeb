package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.lockstep.server.config.ServerSettings;
import io.lockstep.server.config.SettingsInput;
import io.lockstep.server.config.SettingsReader;
import io.lockstep.server.config.SettingsResult;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class DevServerIT {
    @TempDir private Path folder;

    static ServerSettings settings(Map<String, String> more) {
        var texts = new HashMap<>(DevServer.DEFAULTS);
        texts.put("listen.port", "0");
        texts.put("operations.port", "0");
        texts.putAll(more);
        return switch (SettingsReader.read(
                ServerSettings.class,
                new SettingsInput(texts, Optional.empty(), Map.of(), List.of()))) {
            case SettingsResult.Valid<ServerSettings>(var settings, _) -> settings;
            case SettingsResult.Invalid<ServerSettings>(var problems) ->
                    throw new AssertionError("" + problems);
        };
    }

    static HttpResponse<String> get(String url, String... headers)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(url));
        if (headers.length > 0) {
            request.headers(headers);
        }
        try (var client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private Path announcement() {
        return folder.resolve("server.json");
    }

    @Test
    void itStartsItsOwnRedisAnnouncesItsAddressesAndStopsInGoodOrder() throws Exception {
        String http;
        try (var server = DevServer.start(settings(Map.of()), folder)) {
            http = server.httpUrl();
            assertThat(Files.readString(announcement()))
                    .contains("\"ws\":\"" + server.webSocketUrl() + "\"")
                    .contains("\"http\":\"" + http + "\"")
                    .contains("\"operations\":\"" + server.operationsUrl() + "\"")
                    .containsPattern("\"redis\":\"redis://:\\w+@127.0.0.1:\\d+\"")
                    .contains("\"pid\":" + ProcessHandle.current().pid());
            assertThat(get(http + "/readyz").statusCode()).isEqualTo(200);
            assertThat(get(server.operationsUrl() + "/readyz").body())
                    .startsWith("{\"status\":\"up\"");
            assertThat(get(http + "/v1/key-packages", "Authorization", "Bearer dev:bob/phone"))
                    .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(200))
                    .satisfies(answer -> assertThat(answer.body()).contains("suites"));
            assertThat(get(http + "/v1/key-packages").statusCode()).isEqualTo(401);
            assertThat(get(server.operationsUrl() + "/metrics").body())
                    .contains("lockstep_", "process_cpu_time");
            assertThat(String.join("\n", server.banner()))
                    .contains(
                            server.webSocketUrl(),
                            server.operationsUrl(),
                            "appendfsync always",
                            "dev:<user>/<device>",
                            folder.toString());
        }
        assertThat(announcement()).doesNotExist();
        assertThatThrownBy(() -> get(http + "/readyz")).isInstanceOf(IOException.class);
    }

    @Test
    void itRestartsOnExistingData() throws Exception {
        byte[] key;
        try (var _ = DevServer.start(settings(Map.of()), folder)) {
            key = Files.readAllBytes(folder.resolve("deployment.key"));
        }
        try (var server = DevServer.start(settings(Map.of()), folder)) {
            assertThat(get(server.httpUrl() + "/readyz").statusCode()).isEqualTo(200);
        }
        assertThat(Files.readAllBytes(folder.resolve("deployment.key"))).isEqualTo(key);
    }

    @Test
    void aDeploymentKeyThatDoesNotMatchTheDataIsRefused() throws Exception {
        try (var _ = DevServer.start(settings(Map.of()), folder)) {
            assertThat(folder.resolve("deployment.key")).exists();
        }
        Files.writeString(folder.resolve("deployment.key"), "5a".repeat(32));
        assertThatThrownBy(() -> DevServer.start(settings(Map.of()), folder))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("another deployment key");
    }

    @Test
    void aTakenPortIsReportedInOneSentenceAndLeavesNothingBehind() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var port = Integer.toString(taken.getLocalPort());
            assertThatThrownBy(() -> DevServer.start(settings(Map.of("listen.port", port)), folder))
                    .isInstanceOf(StartupException.class)
                    .hasMessageMatching(
                            "port "
                                    + port
                                    + " is taken; choose another with --port.*"
                                    + " --operations-port, too");
            assertThat(announcement()).doesNotExist();
        }
        // The folder and its Redis are free again.
        try (var server = DevServer.start(settings(Map.of()), folder)) {
            assertThat(get(server.httpUrl() + "/livez").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aSecondServerOnTheSameDataIsRefusedAndTheFirstContinues() throws Exception {
        try (var first = DevServer.start(settings(Map.of()), folder)) {
            assertThatThrownBy(() -> DevServer.start(settings(Map.of()), folder))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("another server is running on the data folder");
            assertThat(announcement()).exists();
            assertThat(get(first.httpUrl() + "/readyz").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void anUnreachableRedisIsReportedWithoutItsPassword() {
        var settings = settings(Map.of("redis.uri", "redis://:s3cret@127.0.0.1:1"));
        assertThatThrownBy(() -> DevServer.start(settings, folder))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("cannot be connected to: nobody listens there")
                .hasMessageContaining("127.0.0.1:1")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void withACertificateItUsesTlsAndAnnouncesIt() throws Exception {
        var files = TestCertificate.write(folder, "tls", "localhost");
        var tls =
                Map.of(
                        "tls.certificate", files.certificate().toString(),
                        "tls.key", files.key().toString());
        try (var server = DevServer.start(settings(tls), folder.resolve("data"))) {
            assertThat(server.webSocketUrl()).startsWith("wss://");
            var http = URI.create(server.httpUrl());
            assertThat(http.getScheme()).isEqualTo("https");
            assertThat(
                            ProductionServerIT.overTls(
                                    new InetSocketAddress(http.getHost(), http.getPort()),
                                    "/livez",
                                    ""))
                    .startsWith("HTTP/1.1 200");
        }
    }

    /// Meters of the store were created before their registry existed. Each start logged a WARN,
    /// and counts until then were lost.
    @Test
    void aStartLogsNoWarning() {
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        root.addAppender(events);
        List<ILoggingEvent> atStart;
        try (var _ = DevServer.start(settings(Map.of()), folder)) {
            atStart = List.copyOf(events.list);
        } finally {
            root.detachAppender(events);
        }
        assertThat(atStart)
                .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
                .isEmpty();
    }

    @Test
    void operationsOfTheStoreDuringStartAreCounted() throws Exception {
        try (var server = DevServer.start(settings(Map.of()), folder)) {
            assertThat(get(server.operationsUrl() + "/metrics").body().lines())
                    .anyMatch(line ->
                            line.startsWith("lockstep_redis_answer_seconds_count{line=\"control\"}")
                                    && !line.endsWith(" 0"));
        }
    }
}
