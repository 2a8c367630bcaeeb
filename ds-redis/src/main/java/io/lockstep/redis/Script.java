package io.lockstep.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/// One Lua script, called by its SHA. Its text is sent when Redis does not know it, so two releases
/// of the server can run at the same time.
public final class Script {
    /// The flags in the first line of a script. They make Redis refuse a script before it starts,
    /// or not at all.
    private enum ScriptKind {
        /// Runs regardless of memory, disk and role.
        READ("#!lua flags=no-writes\n"),
        /// Reads, and deletes expired data. It need not be durable.
        PRUNE("#!lua flags=allow-oom\n"),
        /// Does not start at `maxmemory`, on a replica, or when the disk fails.
        WRITE("#!lua\n"),
        /// Also starts at `maxmemory`.
        FREE_MEMORY("#!lua flags=allow-oom\n");

        private final String declaration;

        ScriptKind(String declaration) {
            this.declaration = declaration;
        }
    }

    private final ScriptKind kind;
    private final byte[] text;
    private final String sha;

    private Script(ScriptKind kind, byte[] text) {
        this.kind = kind;
        this.text = text;
        this.sha = sha1(text);
    }

    /// A script that writes.
    ///
    /// @param paths below `lua/`, without `.lua`; the texts of several paths are concatenated, with
    ///     the script's own text last
    public static Script of(String... paths) {
        return of(ScriptKind.WRITE, paths);
    }

    /// A script that only reads.
    public static Script reading(String... paths) {
        return of(ScriptKind.READ, paths);
    }

    /// A script that reads, and deletes expired data.
    public static Script pruning(String... paths) {
        return of(ScriptKind.PRUNE, paths);
    }

    /// A script that frees memory or uses very little. It also runs at `maxmemory`.
    public static Script freeing(String... paths) {
        return of(ScriptKind.FREE_MEMORY, paths);
    }

    private static Script of(ScriptKind kind, String... paths) {
        var text = new ByteArrayOutputStream();
        text.writeBytes(ascii(kind.declaration));
        for (var path : paths) {
            text.writeBytes(read("/lua/" + path + ".lua"));
        }
        return new Script(kind, text.toByteArray());
    }

    private static byte[] read(String resource) {
        try (var stream = Script.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException("no script " + resource);
            }
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The SHA by which Redis knows the script, 40 hexadecimal digits.
    String sha() {
        return sha;
    }

    /// @return the reply; elements are `byte[]`, `Long`, `null` or lists of these
    public Mono<List<Object>> run(
            PipelinedConnection connection, byte[][] keys, byte[]... arguments) {
        long bytes = bytes(keys) + bytes(arguments);
        return send(
                        connection,
                        bytes,
                        commands -> commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments))
                .onErrorResume(
                        RedisUnavailableException.class,
                        e ->
                                e.failureCause() == FailureCause.NO_SCRIPT
                                        ? send(
                                                connection,
                                                bytes + text.length,
                                                commands ->
                                                        commands.eval(
                                                                text,
                                                                ScriptOutputType.MULTI,
                                                                keys,
                                                                arguments))
                                        : Mono.error(e));
    }

    private Mono<List<Object>> send(
            PipelinedConnection connection,
            long bytes,
            Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<List<Object>>> command) {
        return switch (kind) {
            case READ, PRUNE -> connection.send(bytes, command);
            case WRITE, FREE_MEMORY -> connection.write(bytes, command);
        };
    }

    private static long bytes(byte[][] parts) {
        long bytes = 0;
        for (var part : parts) {
            bytes += part.length;
        }
        return bytes;
    }

    private static String sha1(byte[] text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-1", e);
        }
    }

    /// Encodes a number as an argument of a script.
    public static byte[] number(long number) {
        return ascii(Long.toString(number));
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
