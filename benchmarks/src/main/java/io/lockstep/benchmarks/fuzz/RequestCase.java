package io.lockstep.benchmarks.fuzz;

import io.lockstep.benchmarks.raw.PlainHttp;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MessageGenerator;
import io.lockstep.wire.mls.MlsBytes;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/// Sends randomly generated HTTP requests on one connection, pipelined, and reports missing
/// answers. The first requests are well-formed, and the server must answer each. A request with
/// changed bytes, or arbitrary bytes, may follow.
///
/// Threads: confined to the thread that plays it; another thread sends.
final class RequestCase {
    private static final int ANSWER_MILLIS_MAX = 30_000;
    private static final List<byte[]> MADE =
            MessageGenerator.all(2).values().stream().map(bytes -> bytes.toArray()).toList();

    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
    private static final List<FuzzedRoute> ROUTES = FuzzedRoute.all();

    private final Random random;
    private final String name;
    private final Findings findings;

    RequestCase(Random random, String name, Findings findings) {
        this.random = random;
        this.name = name;
        this.findings = findings;
    }

    /// @return the number of sent messages
    long play(Socket socket) throws IOException {
        try (socket) {
            socket.setSoTimeout(ANSWER_MILLIS_MAX);
            int wellFormed = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(24);
            boolean changed = wellFormed == 0 || random.nextInt(2) == 0;
            var bytes = new ByteArrayOutputStream();
            for (int i = 0; i < wellFormed; i++) {
                bytes.writeBytes(request());
            }
            if (changed) {
                bytes.writeBytes(changed());
            }
            Thread.ofVirtual().start(() -> send(socket, bytes.toByteArray()));
            int answers = 0;
            try {
                var in = new BufferedInputStream(socket.getInputStream());
                while (answers < wellFormed) {
                    var answer = PlainHttp.read(in);
                    look(answer);
                    answers++;
                    if (answer.headers().getOrDefault("connection", "").equalsIgnoreCase("close")) {
                        findings.ended("requests, then connection: close");
                        return wellFormed + (changed ? 1L : 0L);
                    }
                }
                if (changed) {
                    socket.shutdownOutput();
                    rest(in.readAllBytes());
                }
                findings.ended("requests answered");
            } catch (SocketTimeoutException e) {
                findings.add(name, answers + " of " + wellFormed + " answers, then nothing");
            } catch (IOException | NumberFormatException e) {
                findings.ended("requests, then " + e.getClass().getSimpleName());
                if (answers < wellFormed) {
                    findings.add(name, answers + " of " + wellFormed + " answers, then " + e);
                }
            }
            return wellFormed + (changed ? 1L : 0L);
        }
    }

    private static void send(Socket socket, byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // The server closed first; its answers are checked.
        }
    }

    private void look(PlainHttp.RawResponse answer) {
        if (answer.status() == 500) {
            findings.add(name, "status 500: " + answer.body());
        }
    }

    private void rest(byte[] answers) {
        var text = new String(answers, StandardCharsets.ISO_8859_1);
        if (!text.isEmpty() && !text.startsWith("HTTP/1.")) {
            findings.add(
                    name,
                    "an answer that is not HTTP: "
                            + text.substring(0, Math.min(60, text.length())));
        }
        if (text.contains("HTTP/1.1 500 ")) {
            findings.add(name, "status 500: " + text);
        }
    }

    private byte[] changed() {
        return switch (random.nextInt(6)) {
            case 0 -> {
                var noise = new byte[random.nextInt(3_000)];
                random.nextBytes(noise);
                yield noise;
            }
            case 1 -> oddHead();
            default -> Mutator.mutate(random, request());
        };
    }

    /// Request heads that other servers have processed incorrectly.
    private byte[] oddHead() {
        var odd =
                List.of(
                        "Transfer-Encoding: gzip, chunked",
                        "Transfer-Encoding: chunked\r\nContent-Length: 3",
                        "Content-Length: 3\r\nContent-Length: 4",
                        "Content-Length: -1",
                        "Content-Length: 99999999999999999999",
                        "X: a\r\n b",
                        "Host: a\r\nHost: b",
                        "Expect: 100-continue\r\nContent-Length: 5",
                        "Connection: upgrade\r\nUpgrade: websocket",
                        "Authorization: Bearer " + "x".repeat(7_000),
                        "\u0000: \u0000");
        return (pick(List.of("GET", "POST", "PUT", "BREW", "get", "OPTIONS"))
                        + " "
                        + pick(
                                List.of(
                                        "/v1/ws",
                                        "*",
                                        "http://x/livez",
                                        "/v1//..//livez",
                                        "/%00",
                                        ""))
                        + pick(List.of(" HTTP/1.1", " HTTP/1.0", " HTTP/2.0", ""))
                        + "\r\n"
                        + pick(List.of("Host: x\r\n", ""))
                        + pick(odd)
                        + "\r\n\r\nabc")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] request() {
        var route = ROUTES.get(random.nextInt(ROUTES.size()));
        var body = body(route);
        var path = PARAMETER.matcher(route.path()).replaceAll(name -> value(name.group(1), body));
        var head = new StringBuilder();
        head.append(random.nextInt(40) == 0 ? "OPTIONS" : route.method());
        head.append(' ').append(path).append(" HTTP/1.1\r\nhost: 127.0.0.1\r\n");
        if (random.nextInt(12) > 0) {
            head.append("authorization: Bearer dev:").append(name).append("/d\r\n");
        }
        if (!route.type().isEmpty() && random.nextInt(20) > 0) {
            head.append("content-type: ").append(route.type()).append("\r\n");
        }
        if (random.nextInt(12) == 0) {
            head.append("range: bytes=").append(random.nextInt(9)).append("-\r\n");
        }
        return framed(head, route.type().isEmpty() ? new byte[0] : body);
    }

    /// A value of a path's or query's parameter.
    private String value(String parameter, byte[] body) {
        return switch (parameter) {
            case "suite" -> Integer.toString(random.nextInt(9));
            case "user" -> random.nextInt(3) == 0 ? name : "u" + random.nextInt(50);
            case "device" -> "e" + random.nextInt(5);
            case "group" -> group();
            case "sha256" -> hash(body);
            default -> base64(random.nextInt(40));
        };
    }

    /// With a length, or in chunks.
    private byte[] framed(StringBuilder head, byte[] body) {
        var out = new ByteArrayOutputStream();
        if (body.length == 0) {
            out.writeBytes(ascii(head + "\r\n"));
        } else if (random.nextInt(3) > 0) {
            out.writeBytes(ascii(head + "content-length: " + body.length + "\r\n\r\n"));
            out.writeBytes(body);
        } else {
            out.writeBytes(ascii(head + "transfer-encoding: chunked\r\n\r\n"));
            for (int from = 0; from < body.length; ) {
                int size = Math.min(body.length - from, 1 + random.nextInt(500));
                out.writeBytes(ascii(Integer.toHexString(size) + "\r\n"));
                out.write(body, from, size);
                out.writeBytes(ascii("\r\n"));
                from += size;
            }
            out.writeBytes(ascii("0\r\n\r\n"));
        }
        return out.toByteArray();
    }

    private byte[] body(FuzzedRoute route) {
        var body =
                switch (route.type()) {
                    case "message/mls" -> packages();
                    case "application/json" -> json().getBytes(StandardCharsets.UTF_8);
                    default -> {
                        var bytes = new byte[1 + random.nextInt(3_000)];
                        random.nextBytes(bytes);
                        yield bytes;
                    }
                };
        return random.nextInt(8) == 0 ? Mutator.mutate(random, body) : body;
    }

    private byte[] packages() {
        var out = new ByteArrayOutputStream();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            out.writeBytes(
                    MADE.get(
                            random.nextInt(10) == 0
                                    ? random.nextInt(MADE.size())
                                    : MADE.size() - 1 - random.nextInt(7)));
        }
        return out.toByteArray();
    }

    private String json() {
        return switch (random.nextInt(8)) {
            case 0 -> "{\"suites\":[1,2],\"users\":[\"u1\",\"u2\",\"" + name + "\"]}";
            case 1 ->
                    "{\"suites\":[1],\"capabilities\":{\"proposals\":[8],\"extensions\":["
                            + random.nextInt(70_000)
                            + "]}}";
            case 2 -> "{\"suites\":[1],\"device\":\"d\",\"versions\":[1,2]}";
            case 3 -> "{\"allow\":\"listed\",\"users\":[\"u1\"]}";
            case 4 -> "{\"allow\":\"anyone\"}";
            case 5 -> "[".repeat(random.nextInt(3_000));
            case 6 -> "{\"suites\":[1],\"suites\":[" + random.nextLong() + "]}";
            default -> "{\"suites\":[" + (1 + random.nextInt(7)) + "]}";
        };
    }

    private String group() {
        var bytes =
                switch (random.nextInt(3)) {
                    case 0 -> ("of " + name).getBytes(StandardCharsets.UTF_8);
                    case 1 -> ("shared " + random.nextInt(16)).getBytes(StandardCharsets.UTF_8);
                    default -> MlsBytes.welcome(MlsBytes.random(random.nextInt(9))).toArray();
                };
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private String hash(byte[] body) {
        return random.nextInt(4) == 0 ? base64(32) : Bytes.wrap(body).sha256().hex();
    }

    private String base64(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private String pick(List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
