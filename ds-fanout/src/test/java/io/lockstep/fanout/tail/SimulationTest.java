package io.lockstep.fanout.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.log.LogNotice;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.FrameFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// A random simulation in one thread: lost, duplicated and reordered notices, late and reordered
/// answers, cuts, slow sockets, windows, members added and removed, sessions that attach, close,
/// close from within a write, and resume. At the end the faults end, and every session must have
/// received all that it may see.
class SimulationTest {
    private static final int STEPS = 400;
    private static final int MEMBERS = 6;

    // PROTOCOL R-DELIVERY-1 R-CURSOR-2 R-CURSOR-3
    @Test
    @DisplayName(
            "I2, I7, I9: whatever happens, members receive all they may see, densely, and no more")
    void everybodyIsShownWhatItMaySee() {
        var given = Long.getLong("lockstep.seed");
        int runs = given == null ? Integer.getInteger("lockstep.runs", 40) : 1;
        for (int i = 0; i < runs; i++) {
            long seed = given == null ? 7_000L + i : given;
            try {
                new Simulation(seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + " (-Dlockstep.seed=" + seed + ")", e);
            }
        }
    }

    /// One session's history, as its client sees it.
    private static final class Client {
        final String member;
        final FakeDeliverySink sink;
        final int window;

        Client(String member, FakeDeliverySink sink, int window) {
            this.member = member;
            this.sink = sink;
            this.window = window;
        }

        long position() {
            return sink.events.stream()
                    .filter(event -> event.startsWith("m"))
                    .mapToLong(event -> Long.parseLong(event.substring(1)))
                    .max()
                    .orElse(-1);
        }
    }

    private static final class Simulation {
        private final Random random;
        private final FanoutHarness world = new FanoutHarness();
        private final List<Client> clients = new ArrayList<>();

        /// For each member, the positions of the commits that added and removed it.
        private final Map<String, List<Long>> changes = new HashMap<>();

        private final List<LogNotice> held = new ArrayList<>();

        Simulation(long seed) {
            random = new Random(seed);
        }

        void run() {
            world.log.notices = this::fault;
            for (int i = 0; i < STEPS; i++) {
                act();
            }
            heal();
            clients.forEach(this::check);
            world.close();
        }

        private List<LogNotice> fault(LogNotice notice) {
            if (notice instanceof LogNotice.CheckTail) {
                return List.of(notice);
            }
            var told = new ArrayList<LogNotice>();
            switch (random.nextInt(5)) {
                case 0 -> {}
                case 1 -> held.add(notice);
                case 2 -> {
                    told.add(notice);
                    told.add(notice);
                }
                default -> told.add(notice);
            }
            if (!held.isEmpty() && random.nextBoolean()) {
                told.add(held.remove(random.nextInt(held.size())));
            }
            return told;
        }

        private void act() {
            switch (random.nextInt(15)) {
                case 0, 1 -> come();
                case 2, 3, 4 -> world.append(1 + random.nextInt(6));
                case 5 -> toggle("member" + random.nextInt(MEMBERS));
                case 6 -> any().ifPresent(c -> world.writable(c.sink, !c.sink.writable));
                case 7 -> any().ifPresent(this::ack);
                case 8 -> any().ifPresent(this::leave);
                case 9 -> any().ifPresent(this::fillOrLeaveInWrite);
                case 10 -> world.log.slow = random.nextBoolean();
                case 11 -> answer();
                case 12 -> oddities();
                default -> {
                    for (int i = random.nextInt(4); i >= 0; i--) {
                        world.step();
                    }
                }
            }
        }

        private void oddities() {
            switch (random.nextInt(5)) {
                case 0 -> world.ephemeral("e");
                case 1 -> world.clock.advanceMillis(random.nextInt(2_000));
                case 2 -> world.log.cut(world.group());
                case 3 -> checkNotice();
                default -> world.log.available = !world.log.available;
            }
        }

        private void checkNotice() {
            world.log.tell(world.check(world.store));
        }

        private void answer() {
            var waiting = world.log.unanswered;
            if (!waiting.isEmpty()) {
                world.log.answerNext(random.nextInt(waiting.size()));
            }
        }

        private Optional<Client> any() {
            var open = clients.stream().filter(c -> !c.sink.closed).toList();
            return open.isEmpty()
                    ? Optional.empty()
                    : Optional.of(open.get(random.nextInt(open.size())));
        }

        private void come() {
            var format = random.nextInt(4) == 0 ? FrameFormat.JSON : FrameFormat.PROTO;
            var sink = world.sink(random.nextInt(2), format);
            var member = random.nextInt(4) == 0 ? "creator" : "member" + random.nextInt(MEMBERS);
            var client = new Client(member, sink, random.nextInt(3) == 0 ? 5 : 0);
            sink.writable = random.nextInt(4) != 0;
            clients.add(client);
            world.attach(sink, world.fromStart(member, client.window));
        }

        private void leave(Client client) {
            world.close(client.sink);
        }

        private void fillOrLeaveInWrite(Client client) {
            boolean leaves = random.nextBoolean();
            client.sink.duringWrite =
                    () -> {
                        client.sink.duringWrite = () -> {};
                        if (leaves) {
                            leave(client);
                        } else {
                            client.sink.writable = false;
                        }
                    };
        }

        private void ack(Client client) {
            world.fanout.ack(client.sink, world.group(), client.position());
        }

        private void toggle(String member) {
            var history = changes.computeIfAbsent(member, _ -> new ArrayList<>());
            if (history.size() % 2 == 0) {
                world.add(member);
            } else {
                world.remove(member);
            }
            history.add(world.writer.logPosition().position());
        }

        /// Ends the faults; every session accepts all deliveries.
        private void heal() {
            world.log.notices = List::of;
            world.log.available = true;
            world.log.slow = false;
            while (!world.log.unanswered.isEmpty()) {
                answer();
            }
            world.pass(12_000);
            for (var client : clients) {
                if (!client.sink.closed) {
                    client.sink.duringWrite = () -> {};
                    world.writable(client.sink, true);
                }
            }
            world.run();
            checkNotice();
            world.append(1);
            long before;
            do {
                before = shown();
                world.pass(1_000);
                clients.stream().filter(c -> !c.sink.closed).forEach(this::ack);
                world.run();
            } while (shown() != before);
        }

        private long shown() {
            return clients.stream().mapToLong(c -> c.sink.events.size()).sum();
        }

        private void check(Client client) {
            var events = client.sink.events;
            var shown = events.stream().filter(e -> e.startsWith("m")).toList();
            if (!shown.isEmpty()) {
                long first = Long.parseLong(shown.getFirst().substring(1));
                long last = client.position();
                assertThat(shown).isEqualTo(FanoutHarness.messages(first, last));
                checkMayHaveSeen(client, first, last);
            }
            if (!client.sink.closed) {
                checkSawAll(client, events);
            }
        }

        private void checkMayHaveSeen(Client client, long first, long last) {
            if (!client.member.equals("creator")) {
                var history = changes.getOrDefault(client.member, List.of());
                int added = history.lastIndexOf(first - 1);
                assertThat(added)
                        .as("begins where it was added")
                        .isGreaterThanOrEqualTo(0)
                        .isEven();
                if (added + 1 < history.size()) {
                    assertThat(last)
                            .as("sees nothing after it was removed")
                            .isLessThanOrEqualTo(history.get(added + 1));
                }
            }
        }

        private void checkSawAll(Client client, List<String> events) {
            var last = events.isEmpty() ? "nothing" : events.getLast();
            if (last.startsWith("refused")) {
                assertThat(last)
                        .isIn("refused not_a_member", "refused unavailable", "refused removed");
            } else if (last.equals("detached removed")) {
                assertThat(changes.get(client.member)).contains(client.position());
            } else {
                assertThat(events).as(client.member).anyMatch(e -> e.startsWith("live"));
                assertThat(Math.max(client.position(), livePosition(events)))
                        .isEqualTo(world.writer.logPosition().position());
            }
        }

        private static long livePosition(List<String> events) {
            return events.stream()
                    .filter(e -> e.startsWith("live"))
                    .mapToLong(e -> Long.parseLong(e.substring(5)))
                    .max()
                    .orElse(-1);
        }
    }

    // PROTOCOL R-ATTACH-1
    @Test
    void resumingFromACursorContinuesWithoutAHole() {
        for (long seed = 0; seed < 50; seed++) {
            var random = new Random(seed);
            try (var world = new FanoutHarness()) {
                long position = 0;
                Bytes head = Bytes.EMPTY;
                var heads = new HashMap<Long, Bytes>();
                heads.put(0L, world.writer.logPosition().head());
                for (int session = 0; session < 5; session++) {
                    for (int i = random.nextInt(20); i >= 0; i--) {
                        world.append(1);
                        heads.put(
                                world.writer.logPosition().position(),
                                world.writer.logPosition().head());
                    }
                    var sink = world.sink();
                    world.attach(sink, world.from("creator", position, head));
                    for (int i = random.nextInt(40); i >= 0; i--) {
                        world.step();
                    }
                    world.close(sink);
                    for (var event : sink.events) {
                        if (event.startsWith("m")) {
                            position++;
                            assertThat(event).as("seed %d", seed).isEqualTo("m" + position);
                        } else {
                            assertThat(event).as("seed %d", seed).startsWith("live");
                        }
                    }
                    head = heads.getOrDefault(position, Bytes.EMPTY);
                }
            }
        }
    }
}
