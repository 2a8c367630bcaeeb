package io.lockstep.redis;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import reactor.core.publisher.Mono;

/// One Lua script, called by its SHA; Redis gets its text when it does not know it, so that two
/// versions of the server can run side by side.
public final class Script {
    private final byte[] text;
    private final String sha;

    private Script(byte[] text) {
        this.text = text;
        this.sha = sha1(text);
    }

    /// @param paths below `lua/`, without `.lua`; of several the texts follow each other, the script's own
    ///     last
    public static Script of(String... paths) {
        var text = new ByteArrayOutputStream();
        for (var path : paths) {
            text.writeBytes(read("/lua/" + path + ".lua"));
        }
        return new Script(text.toByteArray());
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

    /// @return its answer: elements are `byte[]`, `Long`, `null` or lists of these
    public Mono<List<Object>> run(RedisLine line, byte[][] keys, byte[]... arguments) {
        return line.<List<Object>>send(
                        commands -> commands.evalsha(sha, ScriptOutputType.MULTI, keys, arguments))
                .onErrorResume(
                        RedisNoScriptException.class,
                        _ ->
                                line.send(commands ->
                                        commands.eval(
                                                text, ScriptOutputType.MULTI, keys, arguments)));
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
