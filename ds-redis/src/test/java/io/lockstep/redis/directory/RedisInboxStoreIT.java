package io.lockstep.redis.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.InboxStoreContract;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.KeyTable;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RedisInboxStoreIT implements InboxStoreContract {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final AtomicLong SHIFT_MILLIS = new AtomicLong();
    private static List<InboxStore> nodes = List.of();

    @BeforeAll
    static void connect() {
        nodes =
                List.of(
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get),
                        new RedisInboxStore(REDIS.connect(), TestRedis.KEY, SHIFT_MILLIS::get));
    }

    @AfterAll
    static void everyKeyIsInTheTable() throws IOException {
        KeyTable.assertDescribes(REDIS);
    }

    /// Bug: the whole inbox was read for each item that was sent: 482 MB for 30 items.
    @Test
    void anInboxIsReadWithFewerBytesThanTwiceItsSize() throws IOException {
        var bob = new ClientId("many", "phone");
        var items = new ArrayList<InboxItem>();
        long size = 0;
        for (int i = 0; i < 900; i++) {
            var hash = Bytes.wrap(("item " + i).getBytes(StandardCharsets.UTF_8)).sha256();
            // As short as a Welcome for one joiner is with the tree apart, and longer ones.
            var welcome = Bytes.wrap(new byte[600 + i % 7 * 200]);
            size += welcome.size();
            items.add(
                    new InboxItem(
                            hash.slice(0, 16),
                            new GroupId(hash),
                            new LogPosition(hash.slice(16, 16), 7, hash),
                            3,
                            hash,
                            welcome));
        }
        for (int half = 0; half < 2; half++) {
            var sender = Bytes.wrap(new byte[] {(byte) half});
            nodes.getFirst()
                    .file(sender, Map.of(bob, items.subList(half * 450, half * 450 + 450)))
                    .block(PATIENCE);
        }
        long before = bytesRead();
        var read = new ArrayList<InboxItem>();
        long after = 0;
        InboxStore.InboxPage page;
        do {
            page = nodes.getLast().page(bob, after).blockOptional(PATIENCE).orElseThrow();
            page.items().forEach(numbered -> read.add(numbered.item()));
            after = page.last();
        } while (page.more());
        long bytes = bytesRead() - before;
        System.out.printf("%d items of %d bytes read with %d bytes%n", read.size(), size, bytes);
        assertThat(read).isEqualTo(items);
        assertThat(bytes).isLessThan(2 * size);
    }

    private static long bytesRead() throws IOException {
        for (var line : String.join("\n", REDIS.ask("INFO", "stats")).lines().toList()) {
            if (line.startsWith("total_net_output_bytes:")) {
                return Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
            }
        }
        throw new IllegalStateException("Redis does not tell");
    }

    @Override
    public List<InboxStore> nodes() {
        return nodes;
    }

    @Override
    public void later(Duration time) {
        SHIFT_MILLIS.addAndGet(time.toMillis());
    }
}
