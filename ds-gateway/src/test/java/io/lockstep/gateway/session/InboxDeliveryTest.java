package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxStore;
import io.lockstep.directory.memory.MemoryInboxStore;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ServerFrame;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

final class InboxDeliveryTest implements SessionIo {
    private static final ClientId BOB = new ClientId("bob", "phone");
    private static final int MESSAGE_BYTES_MAX = 64 << 10;

    private final MemoryInboxStore store = new MemoryInboxStore();
    private final List<Bytes> sent = new ArrayList<>();
    private final List<Runnable> timers = new ArrayList<>();

    /// The tasks of the event loop.
    private final Queue<Runnable> loop = new ArrayDeque<>();

    private final InboxDelivery delivery =
            new InboxDelivery(this::read, _ -> Mono.empty(), MESSAGE_BYTES_MAX, this);

    /// How many frames the socket takes until it is full.
    private int room = Integer.MAX_VALUE;

    private long itemsRead;
    private int reads;
    private boolean storeFails;

    private Mono<InboxStore.InboxPage> read(long after) {
        reads++;
        return storeFails
                ? Mono.error(new IllegalStateException("the store fails"))
                : store.page(BOB, after).doOnNext(page -> itemsRead += page.items().size());
    }

    private List<Bytes> file(int from, int count, int bytes) {
        var ids = new ArrayList<Bytes>();
        for (int i = from; i < from + count; i++) {
            var hash = MlsBytes.text("item " + i).sha256();
            var item =
                    new InboxItem(
                            hash.slice(0, 16),
                            new GroupId(hash),
                            new LogPosition(hash.slice(0, 16), 1, hash),
                            1,
                            hash,
                            Bytes.wrap(new byte[bytes]));
            store.file(hash, Map.of(BOB, List.of(item))).block();
            ids.add(item.id());
        }
        return ids;
    }

    private void run() {
        for (var task = loop.poll(); task != null; task = loop.poll()) {
            task.run();
        }
    }

    // PROTOCOL R-MAIL-8
    /// Bug: what the socket did not take of a page was read again, each time.
    @Test
    void aSlowSocketDoesNotMakeAnItemBeReadTwice() {
        var ids = file(0, 500, 2_000);
        room = 0;
        delivery.poll();
        run();
        assertThat(reads).isZero();
        while (sent.size() < ids.size()) {
            room = 3;
            delivery.writable();
            run();
            // Notices of other items, or of none, while the socket is full.
            delivery.poll();
            run();
        }
        assertThat(sent).isEqualTo(ids);
        assertThat(itemsRead).isEqualTo(ids.size());
    }

    @Test
    void whatIsFiledDuringAReadIsSentWithoutANotice() {
        var ids = new ArrayList<>(file(0, 40, 100));
        delivery.poll();
        ids.addAll(file(40, 10, 100));
        delivery.poll();
        run();
        assertThat(sent).isEqualTo(ids);
        assertThat(itemsRead).isEqualTo(ids.size());
        int before = reads;
        ids.addAll(file(50, 1, 100));
        delivery.poll();
        run();
        assertThat(sent).isEqualTo(ids);
        assertThat(reads).isEqualTo(before + 1);
    }

    @Test
    void aFailedReadIsRepeatedAfterAPauseOrAtANotice() {
        var ids = file(0, 3, 100);
        storeFails = true;
        delivery.poll();
        run();
        delivery.writable();
        run();
        assertThat(reads).isEqualTo(1);
        assertThat(timers).hasSize(1);
        timers.removeFirst().run();
        run();
        assertThat(reads).isEqualTo(2);
        storeFails = false;
        delivery.poll();
        run();
        assertThat(sent).isEqualTo(ids);
        timers.removeFirst().run();
        run();
        assertThat(sent).isEqualTo(ids);
    }

    @Override
    public void send(ServerFrame frame) {
        room--;
        sent.add(Bytes.of(frame.getInbox().getId()));
    }

    @Override
    public void answered() {}

    @Override
    public boolean isWritable() {
        return room > 0;
    }

    @Override
    public void onLoop(Runnable task) {
        loop.add(task);
    }

    @Override
    public Disposable later(Duration time, Runnable task) {
        timers.add(task);
        return () -> timers.remove(task);
    }
}
