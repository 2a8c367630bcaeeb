package io.lockstep.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogPosition;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// The contract of every [InboxStore].
public interface InboxStoreContract {
    Duration PATIENCE = Duration.ofSeconds(10);
    AtomicLong USERS = new AtomicLong();

    /// Stores of two nodes on the same data; the same store twice if there are no nodes.
    List<InboxStore> nodes();

    /// Advances the clock by which the stores measure the age of items.
    void later(Duration time);

    private InboxStore store() {
        return nodes().getFirst();
    }

    // PROTOCOL R-MAIL-1 R-MAIL-4
    @Test
    default void itemsAreListedOldestFirstUntilTheyAreAcknowledged() {
        var bob = client();
        var first = item("first");
        var second = item("second");
        var third = item("third");
        file(Map.of(bob, List.of(first)));
        file(Map.of(bob, List.of(second, third)));

        assertThat(list(bob)).containsExactly(first, second, third);
        assertThat(acknowledge(bob, second.id())).isEqualTo(1);
        assertThat(list(bob)).containsExactly(first, third);
        assertThat(acknowledge(bob, Bytes.EMPTY, text("n"), text("number"))).isZero();
        assertThat(acknowledge(bob, first.id(), second.id(), third.id(), item("never filed").id()))
                .isEqualTo(2);
        assertThat(acknowledge(bob, first.id())).isZero();
        assertThat(list(bob)).isEmpty();
    }

    @Test
    default void theSameIdTwiceIsOneItem() {
        var bob = client();
        var once = item("once");
        file(Map.of(bob, List.of(once, once)));
        file(Map.of(bob, List.of(item("other"), once)));

        assertThat(list(bob)).containsExactly(once, item("other"));
    }

    @Test
    @DisplayName("I5: each client finds its own items only, and acknowledges its own only")
    default void eachClientHasItsOwnItemsOnly() {
        var bob = client();
        var carol = client();
        var forBob = item("for bob");
        var forCarol = item("for carol");
        file(Map.of(bob, List.of(forBob), carol, List.of(forCarol)));

        assertThat(list(bob)).containsExactly(forBob);
        assertThat(acknowledge(bob, forCarol.id())).isZero();
        assertThat(list(carol)).containsExactly(forCarol);
        assertThat(list(client())).isEmpty();
    }

    @Test
    default void aClearedInboxIsEmptyAndTakesItemsAgain() {
        var bob = client();
        var carol = client();
        file(Map.of(bob, List.of(item("one"), item("two")), carol, List.of(item("hers"))));
        store().clear(bob).block(PATIENCE);
        store().clear(client()).block(PATIENCE);

        assertThat(list(bob)).isEmpty();
        assertThat(list(carol)).containsExactly(item("hers"));
        file(Map.of(bob, List.of(item("three"))));
        assertThat(list(bob)).containsExactly(item("three"));
    }

    // PROTOCOL R-MAIL-4
    @Test
    default void everyNodeHearsForWhomAnItemWasFiled() throws InterruptedException {
        var bob = client();
        var heard = nodes().stream().map(_ -> new LinkedBlockingQueue<ClientId>()).toList();
        var subscriptions =
                List.of(
                        nodes().get(0).filed().subscribe(heard.get(0)::add),
                        nodes().get(1).filed().subscribe(heard.get(1)::add));
        try {
            file(Map.of(bob, List.of(item("news"))));
            for (var queue : heard) {
                var next = queue.poll(10, TimeUnit.SECONDS);
                while (next != null && !next.equals(bob)) {
                    next = queue.poll(10, TimeUnit.SECONDS);
                }
                assertThat(next).isEqualTo(bob);
            }
        } finally {
            subscriptions.forEach(subscription -> subscription.dispose());
        }
    }

    @Test
    default void aSplitWelcomeComesBackAsItWas() {
        var bob = client();
        var whole = item("whole");
        var cut =
                new InboxItem(
                        text("cut").sha256().slice(0, 16),
                        whole.group(),
                        whole.logPosition(),
                        7,
                        whole.keyPackageRef(),
                        new InboxWelcome.SplitWelcome(
                                1,
                                text("secrets"),
                                new BlobReference(text("shared").sha256(), 70_000)),
                        Optional.of(new BlobReference(text("tree").sha256(), 1_234_567)));
        file(Map.of(bob, List.of(cut, whole)));

        assertThat(list(bob)).containsExactly(cut, whole);
    }

    @Test
    default void oneItemIsFoundByItsId() {
        var bob = client();
        file(Map.of(bob, List.of(item("one"), item("two"))));

        assertThat(store().item(bob, item("two").id()).block(PATIENCE)).isEqualTo(item("two"));
        assertThat(store().item(client(), item("two").id()).blockOptional(PATIENCE)).isEmpty();
        assertThat(store().item(bob, text("#w")).blockOptional(PATIENCE)).isEmpty();
    }

    /// Bug: all items were read at once, and again every five seconds: 181 MB for one victim.
    @Test
    default void itemsAreReadInPagesOfBoundedSize() {
        var bob = client();
        var all = new ArrayList<InboxItem>();
        for (int i = 0; i < 100; i++) {
            all.add(item("item " + i, "ref " + i % 10, 30_000));
        }
        for (int i = 0; i < all.size(); i += 10) {
            file(Map.of(bob, all.subList(i, i + 10)));
        }
        var first = page(bob, 0);

        assertThat(first.more()).isTrue();
        assertThat(first.items()).hasSizeBetween(2, InboxStore.PAGE_MAX);
        assertThat(first.items().size() * 30_000).isLessThanOrEqualTo(InboxStore.PAGE_BYTES_MAX);
        assertThat(list(bob)).isEqualTo(all);
        var second = page(bob, first.last());
        file(Map.of(bob, List.of(item("new"))));
        acknowledge(bob, all.getFirst().id());
        assertThat(page(bob, first.last())).isEqualTo(second);
    }

    @Test
    default void numbersGoOnAfterAnInboxWasEmpty() {
        var bob = client();
        file(Map.of(bob, List.of(item("one"))));
        long last = page(bob, 0).last();
        acknowledge(bob, item("one").id());
        file(Map.of(bob, List.of(item("two"))));
        assertThat(page(bob, last).items()).hasSize(1);
        store().clear(bob).block(PATIENCE);
        file(Map.of(bob, List.of(item("three"))));
        assertThat(page(bob, last).items()).hasSize(1);
    }

    // PROTOCOL R-JOIN-10
    /// Bug: the items for one KeyPackage filled the inbox and displaced all others.
    @Test
    default void theItemsOfOneKeyPackageHaveTheirShareAndOthersGetThrough() {
        var bob = client();
        flood(bob, "greedy", 400);
        long share = InboxStore.KEY_PACKAGE_WEIGHT_MAX / (InboxStore.ITEM_WEIGHT + 1_000);
        assertThat((long) list(bob).size()).isBetween(share - 5, share + 5);
        assertThat(summary(bob).dropped()).isEqualTo(400 - list(bob).size());
        assertThat(list(bob).getFirst().id()).isEqualTo(item("greedy 0").id());

        file(Map.of(bob, List.of(item("honest"))));
        assertThat(list(bob)).contains(item("honest"));
    }

    // PROTOCOL R-JOIN-10
    @Test
    default void inAFullInboxTheNewestOfTheSenderWithTheMostMailMakesRoom() {
        var bob = client();
        for (int sender = 0; sender < 3; sender++) {
            file("sender " + sender, Map.of(bob, manyRefs("greedy " + sender, 320)));
        }
        long before = summary(bob).dropped();
        var honest = manyRefs("honest", 200);
        file("honest", Map.of(bob, honest));
        assertThat(list(bob)).containsAll(honest);
        assertThat(list(bob)).contains(manyRefs("greedy 0", 1).getFirst());
        assertThat(summary(bob).weight()).isLessThanOrEqualTo(InboxStore.WEIGHT_MAX);
        assertThat(summary(bob).dropped()).isGreaterThan(before);
        assertThat(summary(bob).items()).isEqualTo(list(bob).size());

        // Those of one sender that has less than others are not displaced by one that has more.
        var more = manyRefs("greedy again", 100);
        file("sender 2", Map.of(bob, more));
        assertThat(list(bob)).containsAll(honest).doesNotContain(more.getLast());
    }

    private static List<InboxItem> manyRefs(String name, int count) {
        var items = new ArrayList<InboxItem>();
        for (int i = 0; i < count; i++) {
            items.add(item(name + " " + i, "ref " + name + i, 1_000));
        }
        return items;
    }

    // PROTOCOL R-JOIN-13
    @Test
    default void oneSendersMailHasItsShareWhateverKeyPackagesItUses() {
        var bob = client();
        int share = InboxStore.SENDER_WEIGHT_MAX / (InboxStore.ITEM_WEIGHT + 1_000);
        file("greedy", Map.of(bob, manyRefs("greedy", 600)));
        assertThat(list(bob).size()).isBetween(share - 10, share);
        assertThat(summary(bob).dropped()).isEqualTo(600 - list(bob).size());
        var others = client();
        assertThat(shareUsed("greedy", bob, others)).containsExactly(bob);
        assertThat(shareUsed("honest", bob, others)).isEmpty();

        var honest = item("honest");
        var own = item("of an own device", "ref greedy1", 1_000);
        file("honest", Map.of(bob, List.of(honest)));
        file(Map.of(bob, List.of(own)));
        assertThat(list(bob)).contains(honest, own);
        acknowledge(bob, list(bob).stream().limit(20).map(InboxItem::id).toArray(Bytes[]::new));
        assertThat(shareUsed("greedy", bob)).isEmpty();
        file("greedy", Map.of(bob, List.of(item("one more"))));
        assertThat(list(bob)).contains(item("one more"));
    }

    private Set<ClientId> shareUsed(String sender, ClientId... clients) {
        return store().shareUsed(text(sender), List.of(clients))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    // PROTOCOL R-JOIN-10
    @Test
    default void withoutSendersTheNewestOfTheKeyPackageWithTheMostItemsMakesRoom() {
        var bob = client();
        for (int i = 0; i < 5; i++) {
            flood(bob, "greedy" + i, 240);
        }
        long before = summary(bob).dropped();
        var honest = new ArrayList<InboxItem>();
        for (int i = 0; i < 20; i++) {
            honest.add(item("honest " + i));
            file(Map.of(bob, List.of(honest.get(i))));
        }

        assertThat(list(bob)).containsAll(honest);
        assertThat(list(bob)).contains(item("greedy0 0", "greedy0", 1_000));
        assertThat(summary(bob).weight()).isLessThanOrEqualTo(InboxStore.WEIGHT_MAX);
        assertThat(summary(bob).dropped()).isGreaterThan(before);
        assertThat(summary(bob).items()).isEqualTo(list(bob).size());
    }

    // PROTOCOL R-JOIN-10
    @Test
    default void anItemThatIsTooLongIsDropped() {
        var bob = client();
        file(
                Map.of(
                        bob,
                        List.of(
                                item("long", "ref", InboxStore.ITEM_BYTES_MAX + 1),
                                item("short", "ref", 10))));
        assertThat(list(bob)).containsExactly(item("short", "ref", 10));
        assertThat(summary(bob).dropped()).isEqualTo(1);
    }

    private void flood(ClientId client, String ref, int count) {
        var items = new ArrayList<InboxItem>();
        for (int i = 0; i < count; i++) {
            items.add(item(ref + " " + i, ref, 1_000));
        }
        file(Map.of(client, items));
    }

    private InboxStore.InboxSummary summary(ClientId client) {
        return store().summary(client).blockOptional(PATIENCE).orElseThrow();
    }

    // PROTOCOL R-JOIN-9 R-MAIL-4
    @Test
    default void itemsAreShownForAMonth() {
        var bob = client();
        file(Map.of(bob, List.of(item("first"))));

        later(InboxStore.ITEM_TTL.minusSeconds(60));
        file(Map.of(bob, List.of(item("second"))));
        assertThat(list(bob)).containsExactly(item("first"), item("second"));

        later(Duration.ofSeconds(61));
        assertThat(list(bob)).containsExactly(item("second"));
    }

    private void file(Map<ClientId, List<InboxItem>> mail) {
        store().file(Bytes.EMPTY, mail).block(PATIENCE);
    }

    private void file(String sender, Map<ClientId, List<InboxItem>> mail) {
        store().file(text(sender), mail).block(PATIENCE);
    }

    private List<InboxItem> list(ClientId client) {
        var items = new ArrayList<InboxItem>();
        long after = 0;
        InboxStore.InboxPage page;
        do {
            page = page(client, after);
            after = page.last();
            page.items().forEach(item -> items.add(item.item()));
        } while (page.more());
        return items;
    }

    private InboxStore.InboxPage page(ClientId client, long after) {
        return store().page(client, after).blockOptional(PATIENCE).orElseThrow();
    }

    private long acknowledge(ClientId client, Bytes... ids) {
        return store().acknowledge(client, Set.of(ids)).blockOptional(PATIENCE).orElseThrow();
    }

    /// A client that no other test of this process uses.
    private static ClientId client() {
        return new ClientId("user" + USERS.incrementAndGet(), "phone");
    }

    private static InboxItem item(String name) {
        var hash = text(name).sha256();
        return new InboxItem(
                hash.slice(0, 16),
                new GroupId(text("group of " + name)),
                new LogPosition(hash.slice(16, 16), 7, hash),
                3,
                text("ref of " + name).sha256(),
                text("welcome " + name));
    }

    /// An item of this size, for this ref.
    private static InboxItem item(String name, String ref, int bytes) {
        var item = item(name);
        return new InboxItem(
                item.id(),
                item.group(),
                item.logPosition(),
                item.epoch(),
                text(ref).sha256(),
                Bytes.wrap(new byte[bytes]));
    }

    private static Bytes text(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
