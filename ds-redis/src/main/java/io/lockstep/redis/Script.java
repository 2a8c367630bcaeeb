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

/// One Lua script, called by its SHA; Redis gets its text when it does not know it, so that two
/// versions of the server can run side by side.
public final class Script {
    /// What a script declares in its first line, so that Redis refuses it before it begins or not at all.
    private enum ScriptKind {
        /// Runs whatever the memory, the disk and the role are.
        READING("#!lua flags=no-writes\n"),
        /// Reads, and deletes what has expired: it need not be durable.
        PRUNING("#!lua flags=allow-oom\n"),
        /// Does not begin at `maxmemory`, on a replica, or when the disk fails.
        WRITING("#!lua\n"),
        /// Begins at `maxmemory`, too.
        FREEING("#!lua flags=allow-oom\n");

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
    /// @param paths below `lua/`, without `.lua`; of several the texts follow each other, the script's own
    ///     last
    public static Script of(String... paths) {
        return of(ScriptKind.WRITING, paths);
    }

    /// A script that only reads.
    public static Script reading(String... paths) {
        return of(ScriptKind.READING, paths);
    }

    /// A script that reads, and deletes what has expired.
    public static Script pruning(String... paths) {
        return of(ScriptKind.PRUNING, paths);
    }

    /// A script that frees memory, or takes next to none: it works at `maxmemory`, too.
    public static Script freeing(String... paths) {
        return of(ScriptKind.FREEING, paths);
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

    /// By which Redis knows it, 40 hexadecimal digits.
    String sha() {
        return sha;
    }

    /// @return its answer: elements are `byte[]`, `Long`, `null` or lists of these
    public Mono<List<Object>> run(PipelinedConnection line, byte[][] keys, byte[]... arguments) {
        long bytes = bytes(keys) + bytes(arguments);
        return send(
                        line,
                        bytes,
                        commands -> commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments))
                .onErrorResume(
                        RedisUnavailableException.class,
                        e ->
                                e.trouble() == FailureCause.NO_SCRIPT
                                        ? send(
                                                line,
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
            PipelinedConnection line,
            long bytes,
            Function<RedisAsyncCommands<byte[], byte[]>, RedisFuture<List<Object>>> command) {
        return switch (kind) {
            case READING, PRUNING -> line.send(bytes, command);
            case WRITING, FREEING -> line.write(bytes, command);
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

    /// A number as a script takes it.
    public static byte[] number(long number) {
        return ascii(Long.toString(number));
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
