package io.lockstep.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/// Sends single commands to a local Redis, each over a connection of its own. It monitors the
/// embedded server when no client is connected. Blocks for a bounded time.
final class RedisProbe {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /// Lettuce sends no command by itself on connect, because Redis may still load its data.
    private static final ClientOptions OPTIONS =
            ClientOptions.builder()
                    .autoReconnect(false)
                    .protocolVersion(ProtocolVersion.RESP2)
                    .pingBeforeActivateConnection(false)
                    .socketOptions(SocketOptions.builder().connectTimeout(LIMIT).build())
                    .build();

    private RedisProbe() {}

    /// @param password empty for none
    /// @param words words of the command, the first one of [CommandType]
    /// @return the strings of the reply
    /// @throws ConnectException when no process listens on the port
    /// @throws IOException when Redis does not reply, or replies with an error
    static List<String> ask(int port, String password, String... words) throws IOException {
        var client =
                RedisClient.create(
                        RedisURI.builder()
                                .withHost("127.0.0.1")
                                .withPort(port)
                                .withTimeout(LIMIT)
                                .build());
        client.setOptions(OPTIONS);
        try (var connection = client.connect()) {
            var commands = connection.sync();
            if (!password.isEmpty()) {
                authenticate(commands, password);
            }
            var arguments = new CommandArgs<>(StringCodec.UTF8);
            Stream.of(words).skip(1).forEach(arguments::add);
            var answer =
                    commands.dispatch(
                            CommandType.valueOf(words[0]),
                            new NestedMultiOutput<>(StringCodec.UTF8),
                            arguments);
            return strings(answer).toList();
        } catch (RedisCommandExecutionException e) {
            throw new IOException("Redis replied " + e.getMessage(), e);
        } catch (RedisException e) {
            throw refused(e) ? new ConnectException("nobody listens") : new IOException(e);
        } finally {
            client.shutdown(Duration.ZERO, LIMIT);
        }
    }

    private static void authenticate(RedisCommands<String, String> commands, String password) {
        try {
            var _ = commands.auth(password);
        } catch (RedisCommandExecutionException _) {
            // A Redis that an older release started has no password. The next command reports a
            // wrong password.
        }
    }

    private static boolean refused(Throwable e) {
        return e instanceof ConnectException || (e.getCause() != null && refused(e.getCause()));
    }

    private static Stream<String> strings(Object answer) {
        return switch (answer) {
            case List<?> list -> list.stream().flatMap(RedisProbe::strings);
            case null -> Stream.of("");
            default -> Stream.of(answer.toString());
        };
    }
}
