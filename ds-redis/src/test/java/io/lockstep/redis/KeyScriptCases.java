package io.lockstep.redis;

import io.lockstep.log.GroupWriter;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The scripts that search for values under old keys, and replace them.
final class KeyScriptCases {
    private static final byte[] BLOB = Script.ascii("cost:blob");
    private static final byte[] NAMES = Script.ascii("cost:names");
    private static final byte[] TEXT = Script.ascii("cost:text");
    private static final byte[] STREAM = Script.ascii("cost:stream");
    private static final byte[] FIRST = Script.ascii("0");
    private static final byte[] NONE = {};
    private static final byte[] START = {2, 9, 9, 9, 9};
    private static final int CHUNK_BYTES = 256 << 10;
    private final PipelinedConnection line;

    private KeyScriptCases(PipelinedConnection line) {
        this.line = line;
    }

    static List<ScriptCase> all(TestRedis redis) {
        var cases = new KeyScriptCases(redis.connect().control());
        return List.of(
                new ScriptCase(
                        "keys/old_fields",
                        "a blob of 64 chunks",
                        () -> cases.fill(BLOB, 64, CHUNK_BYTES),
                        () -> cases.oldFields(BLOB, 3)),
                new ScriptCase(
                        "keys/old_fields",
                        "100 names",
                        () -> cases.fill(NAMES, 100, 100),
                        () -> cases.oldFields(NAMES, 64)),
                new ScriptCase(
                        "keys/replace_field",
                        "a chunk",
                        () -> {},
                        () ->
                                Script.of("keys/replace_field")
                                        .run(
                                                cases.line,
                                                new byte[][] {BLOB},
                                                FIRST,
                                                new byte[17],
                                                new byte[CHUNK_BYTES])),
                new ScriptCase(
                        "keys/replace_string",
                        "a GroupInfo",
                        () ->
                                cases.line
                                        .write(c -> c.set(TEXT, new byte[64 << 10]))
                                        .block(GroupWriter.PATIENCE),
                        () ->
                                Script.of("keys/replace_string")
                                        .run(
                                                cases.line,
                                                new byte[][] {TEXT},
                                                new byte[17],
                                                new byte[64 << 10])),
                new ScriptCase(
                        "keys/replace_revocation",
                        "one that is gone",
                        () -> {},
                        () ->
                                Script.of("keys/replace_revocation")
                                        .run(
                                                cases.line,
                                                new byte[][] {STREAM},
                                                Script.ascii("1-1"),
                                                new byte[100],
                                                FIRST)));
    }

    private void fill(byte[] key, int fields, int bytes) {
        Flux.range(0, fields)
                .concatMap(i -> line.write(c -> c.hset(key, Script.number(i), new byte[bytes])))
                .blockLast(GroupWriter.PATIENCE);
    }

    private Mono<?> oldFields(byte[] key, int count) {
        return Script.reading("keys/old_fields")
                .run(line, new byte[][] {key}, FIRST, Script.number(count), START, FIRST, NONE);
    }
}
