package io.lockstep.redis.log;

import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.Bytes;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Mono;

/// Runs `append.lua`: appends messages of one epoch without a commit.
final class AppendScript {
    static final int RESEND_KEY_BYTES = 16;
    private static final Script SCRIPT = Script.of("log/entries", "log/sizes", "log/append");
    private static final int FIXED = 10;

    private AppendScript() {}

    static Mono<ScriptReply> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            LogPosition expected,
            List<NewEntry> batch,
            List<StoredEntry> stored,
            AppendPreconditions frame) {
        int n = batch.size();
        var arguments = new byte[FIXED + 3 * n][];
        arguments[0] = MetaCodec.logPosition(expected);
        arguments[1] = MetaCodec.logPosition(after(expected, batch));
        arguments[2] = Script.number(expected.position() + 1);
        arguments[3] = Script.number(n);
        arguments[4] = proposals(batch);
        var held = frame.arguments();
        for (int i = 0; i < held.size(); i++) {
            arguments[5 + i] = held.get(i);
        }
        for (int i = 0; i < n; i++) {
            var entry = batch.get(i).entry();
            arguments[FIXED + i] = stored.get(i).toByteArray();
            arguments[FIXED + n + 2 * i] = resendKey(entry.sha256());
            arguments[FIXED + n + 2 * i + 1] = Script.number(entry.position());
        }
        var epoch = batch.getFirst().entry().epoch();
        return SCRIPT.run(
                        connection,
                        new byte[][] {
                            keys.meta(),
                            keys.log(),
                            keys.seen(epoch, frame.period()),
                            keys.proposals(),
                            keys.sizes()
                        },
                        arguments)
                .map(ScriptReply::of);
    }

    static LogPosition after(LogPosition expected, List<NewEntry> batch) {
        var last = batch.getLast().entry();
        return new LogPosition(expected.incarnation(), last.position(), last.head());
    }

    /// The positions of the proposals after the last commit of a batch.
    static byte[] proposals(List<NewEntry> batch) {
        var positions = new ArrayList<Long>();
        for (var added : batch) {
            switch (added.entry().kind()) {
                case PROPOSAL -> positions.add(added.entry().position());
                case COMMIT -> positions.clear();
                case APPLICATION, CONTROL -> {}
            }
        }
        return MetaCodec.positions(positions);
    }

    static byte[] resendKey(Bytes sha256) {
        return sha256.slice(0, RESEND_KEY_BYTES).toArray();
    }
}
