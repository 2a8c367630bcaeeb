package io.lockstep.redis.quota;

import io.lockstep.log.quota.QuotaMeasure;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.log.quota.QuotaUnavailableException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import reactor.core.publisher.Mono;

/// [QuotaStore] on Redis: one small hash for each account that owes something. A charge is taken at
/// `maxmemory`, too: it uses few bytes, and replaces what it finds.
public final class RedisQuotaStore implements QuotaStore {
    private static final Script CHARGE = Script.freeing("quota/charge");
    private static final Map<String, QuotaMeasure> MEASURES =
            Arrays.stream(QuotaMeasure.values())
                    .collect(Collectors.toUnmodifiableMap(QuotaMeasure::field, one -> one));

    private final PipelinedConnection connection;
    private final LongSupplier clockOffsetMicros;

    public RedisQuotaStore(RedisConnections connections) {
        this(connections, () -> 0);
    }

    /// @param clockOffsetMicros added to Redis's clock: not 0 only in tests
    RedisQuotaStore(RedisConnections connections, LongSupplier clockOffsetMicros) {
        connection = connections.queries();
        this.clockOffsetMicros = clockOffsetMicros;
    }

    @Override
    public Mono<Map<QuotaMeasure, Duration>> charge(
            Bytes account, Map<QuotaMeasure, Duration> charges) {
        return Mono.defer(() ->
                        CHARGE.run(connection, new byte[][] {key(account)}, arguments(charges)))
                .map(RedisQuotaStore::debts)
                .onErrorMap(e ->
                        RedisUnavailableException.translated(e, QuotaUnavailableException::new));
    }

    private static byte[] key(Bytes account) {
        return Script.ascii("ls:quota:{" + account.hex() + "}");
    }

    private byte[][] arguments(Map<QuotaMeasure, Duration> charges) {
        var arguments = new ArrayList<byte[]>(1 + 2 * charges.size());
        arguments.add(Script.number(clockOffsetMicros.getAsLong()));
        charges.forEach((measure, charge) -> {
            arguments.add(Script.ascii(measure.field()));
            arguments.add(Script.number(charge.dividedBy(RESOLUTION)));
        });
        return arguments.toArray(byte[][]::new);
    }

    /// Measures of a newer release are left out.
    private static Map<QuotaMeasure, Duration> debts(List<Object> elements) {
        var reply = new ScriptReply(elements);
        var debts = new EnumMap<QuotaMeasure, Duration>(QuotaMeasure.class);
        for (int i = 0; i + 1 < reply.size(); i += 2) {
            var measure = MEASURES.get(new String(reply.bytes(i), StandardCharsets.US_ASCII));
            if (measure != null) {
                debts.put(measure, Duration.of(reply.number(i + 1), ChronoUnit.MICROS));
            }
        }
        return Map.copyOf(debts);
    }
}
