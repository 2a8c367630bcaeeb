package io.lockstep.redis.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.log.LogPosition;
import io.lockstep.redis.ScriptCase;
import io.lockstep.redis.TestRedis;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The scripts on inboxes, on a full inbox.
final class InboxScriptCases {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ClientId SMALL = new ClientId("small-mail", "phone");
    private static final ClientId LONG = new ClientId("long-mail", "phone");

    private final RedisInboxStore store;
    private int serial;

    InboxScriptCases(TestRedis redis) {
        store = new RedisInboxStore(redis.connect(), TestRedis.KEY);
    }

    List<ScriptCase> all() {
        return List.of(
                new ScriptCase(
                        "directory/file",
                        "one item into an inbox full of small ones",
                        () -> fill(SMALL, 100),
                        () ->
                                store.file(
                                        text("new"), Map.of(SMALL, List.of(item("another", 100))))),
                new ScriptCase(
                        "directory/file",
                        "as many as in one step, each makes another go",
                        () -> {},
                        () -> store.file(text("newer"), Map.of(SMALL, many(16, 100)))),
                new ScriptCase(
                        "directory/file",
                        "one as long as can be into an inbox full of such",
                        () -> fill(LONG, 127 << 10),
                        () ->
                                store.file(
                                        text("new"),
                                        Map.of(LONG, List.of(item("another", 127 << 10))))),
                new ScriptCase(
                        "directory/page", "small items", () -> {}, () -> store.page(SMALL, 0)),
                new ScriptCase("directory/page", "long items", () -> {}, () -> store.page(LONG, 0)),
                new ScriptCase(
                        "directory/item",
                        "a long item",
                        () -> {},
                        () -> store.item(LONG, first(LONG))),
                new ScriptCase(
                        "directory/summary", "a full inbox", () -> {}, () -> store.summary(SMALL)),
                new ScriptCase(
                        "directory/acknowledge",
                        "as many as at once",
                        () -> {},
                        () -> {
                            fill(SMALL, 100);
                            var ids =
                                    pages(SMALL).stream()
                                            .limit(InboxStore.ACKNOWLEDGED_MAX)
                                            .collect(Collectors.toSet());
                            return store.acknowledge(SMALL, ids);
                        }));
    }

    private Bytes first(ClientId client) {
        return pages(client).getFirst();
    }

    private List<Bytes> pages(ClientId client) {
        var ids = new ArrayList<Bytes>();
        long after = 0;
        InboxStore.InboxPage page;
        do {
            page = store.page(client, after).blockOptional(PATIENCE).orElseThrow();
            after = page.last();
            page.items().forEach(item -> ids.add(item.item().id()));
        } while (page.more());
        return ids;
    }

    private void fill(ClientId client, int bytes) {
        int count = InboxStore.WEIGHT_MAX / (InboxStore.ITEM_WEIGHT + bytes) + 20;
        // Three senders, because none may fill an inbox alone.
        for (int sender = 0; sender < 3; sender++) {
            store.file(text("sender " + sender), Map.of(client, many(count / 3 + 1, bytes)))
                    .block(PATIENCE);
        }
    }

    /// Each item is for another KeyPackage.
    private List<InboxItem> many(int count, int bytes) {
        var items = new ArrayList<InboxItem>();
        for (int i = 0; i < count; i++) {
            items.add(item("ref " + serial, bytes));
        }
        return items;
    }

    private InboxItem item(String ref, int bytes) {
        var hash = text("mail " + serial++).sha256();
        return new InboxItem(
                hash.slice(0, 16),
                new GroupId(text("group")),
                new LogPosition(hash.slice(16, 16), 7, hash),
                3,
                text(ref).sha256(),
                Bytes.wrap(new byte[bytes]));
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
