package io.lockstep.redis;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Asks a local Redis one thing, over a connection of its own: for looking after the server that we
/// started, before and without clients. Blocks, with a limit.
final class RespProbe {
    private static final int LIMIT_MILLIS = (int) Duration.ofSeconds(2).toMillis();

    private RespProbe() {}

    /// @param password empty for none
    /// @return the strings of the answer
    /// @throws java.net.ConnectException when nobody listens
    /// @throws IOException when it does not answer, or with an error
    static List<String> ask(int port, String password, String... words) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), LIMIT_MILLIS);
            socket.setSoTimeout(LIMIT_MILLIS);
            var input = new BufferedInputStream(socket.getInputStream());
            if (!password.isEmpty()) {
                send(socket, "AUTH", password);
                try {
                    answer(input);
                } catch (RefusedException _) {
                    // One that an older version started has no password; a wrong one is told next.
                }
            }
            send(socket, words);
            return answer(input);
        }
    }

    private static void send(Socket socket, String... words) throws IOException {
        var question = new StringBuilder("*" + words.length + "\r\n");
        for (var word : words) {
            question.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        var output = socket.getOutputStream();
        output.write(question.toString().getBytes(StandardCharsets.US_ASCII));
        output.flush();
    }

    /// An error in place of an answer.
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String text) {
            super("Redis says " + text);
        }
    }

    private static List<String> answer(InputStream input) throws IOException {
        var line = line(input);
        return switch (line.charAt(0)) {
            case '+', ':' -> List.of(line.substring(1));
            case '$' -> List.of(bulk(input, Integer.parseInt(line.substring(1))));
            case '*' -> {
                var all = new ArrayList<String>();
                for (int i = Integer.parseInt(line.substring(1)); i > 0; i--) {
                    all.addAll(answer(input));
                }
                yield all;
            }
            default -> throw new RefusedException(line.substring(1));
        };
    }

    private static String bulk(InputStream input, int length) throws IOException {
        if (length < 0) {
            return "";
        }
        var bytes = input.readNBytes(length);
        line(input);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String line(InputStream input) throws IOException {
        var line = new StringBuilder();
        for (int c = input.read(); c != '\n'; c = input.read()) {
            if (c < 0) {
                throw new EOFException("Redis hung up");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.isEmpty() ? " " : line.toString();
    }
}
