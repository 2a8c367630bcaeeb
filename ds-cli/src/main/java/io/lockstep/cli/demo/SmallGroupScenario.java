package io.lockstep.cli.demo;

import static io.lockstep.cli.demo.Participant.PATIENCE;

import io.lockstep.cli.program.Count;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.RefusedException;
import io.lockstep.client.member.Conversation.Committed;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import reactor.core.publisher.Flux;

/// The first act of the demo: Alice, Bob, Carol and Bob's second device, each a real MLS client
/// with its own WebSocket.
final class SmallGroupScenario implements AutoCloseable {
    private static final List<String> SAYINGS =
            List.of(
                    "Good morning, everybody",
                    "Hello from the phone",
                    "And from the tablet",
                    "Nice to be here",
                    "Who has the minutes?",
                    "I do, one moment",
                    "Thank you",
                    "See you at noon",
                    "Only the three of us now",
                    "A new epoch, new keys",
                    "Carol cannot read this");
    private static final int OFFLINE_MESSAGES = 100;
    private static final int OFFLINE_COMMITS = 3;

    private final DemoOutput screen;
    private final DeliveryRecord ledger;
    private final RandomGenerator random;
    private final GroupId group;
    private final Participant alice;
    private final Participant bob;
    private final Participant tablet;
    private final Participant carol;
    private final List<Participant> members;
    private int said;

    SmallGroupScenario(
            DemoOutput screen,
            DeliveryRecord ledger,
            RandomGenerator random,
            String run,
            ClientNetwork network,
            ClientConfig config,
            List<EngineThread> engines) {
        this.screen = screen;
        this.ledger = ledger;
        this.random = random;
        group = new GroupId(Bytes.wrap(("tea-room" + run).getBytes(StandardCharsets.UTF_8)));
        var names =
                List.of(
                        "alice" + run + "/laptop",
                        "bob" + run + "/phone",
                        "bob" + run + "/tablet",
                        "carol" + run + "/phone");
        var connected = new ArrayList<Participant>();
        for (int i = 0; i < names.size(); i++) {
            connected.add(
                    Participant.connect(
                            names.get(i),
                            ledger,
                            engines.get(i % engines.size()),
                            network,
                            config));
        }
        members = connected;
        alice = connected.get(0);
        bob = connected.get(1);
        tablet = connected.get(2);
        carol = connected.get(3);
    }

    void tell(int rounds) {
        gather();
        talk();
        race(rounds);
        dropAndCatchUp();
        removeCarol();
    }

    // --- The scenes
    // ----------------------------------------------------------------------------------

    private void gather() {
        screen.scene("Alice creates a group and adds three devices");
        for (var joiner : List.of(bob, tablet, carol)) {
            var published = Participant.wait("publish", joiner.device().publishKeyPackages(2));
            if (published.stored() != 2) {
                throw new ScenarioException("KeyPackages refused: " + published.refused());
            }
            screen.say("%-14s publishes %d KeyPackages", joiner.name(), published.stored());
        }
        alice.enter(
                Participant.wait(
                        "create",
                        alice.device().createGroup(group, GroupPolicy.getDefaultInstance())));
        screen.say("%-14s creates the group, alone in epoch 0", alice.name());
        var claimed = new ArrayList<DeviceKeyPackage>(claim(bob));
        claimed.addAll(claim(carol));
        screen.say(
                "%-14s claims KeyPackages of %s",
                alice.name(),
                claimed.stream()
                        .map(DeviceKeyPackage::client)
                        .sorted()
                        .collect(Collectors.joining(", ")));
        var committed =
                Participant.wait("add", alice.committing(alice.conversation().add(claimed)));
        screen.say(
                "%-14s commits the Adds: position %d, epoch %d",
                alice.name(), committed.position(), committed.epoch());
        ledger.await(
                "all joined", PATIENCE, () -> members.stream().allMatch(Participant::hasJoined));
        for (var joiner : List.of(bob, tablet, carol)) {
            screen.say(
                    "%-14s finds a Welcome in its inbox and joins: epoch %d",
                    joiner.name(), joiner.standing().epoch());
        }
        assertAgreed();
    }

    private List<DeviceKeyPackage> claim(Participant owner) {
        var user = owner.name().substring(0, owner.name().indexOf('/'));
        var claims =
                Participant.wait(
                        "claim", alice.device().client().directory().claim(user, List.of(1), ""));
        if (!claims.missing().isEmpty()) {
            throw new ScenarioException("no KeyPackages: " + claims.missing());
        }
        return claims.claimed();
    }

    private void talk() {
        screen.scene("All members send messages");
        screen.columns(
                "%8s  %5s  %-14s %-28s %s",
                "position", "epoch", "sender", "message", "decrypted by");
        for (int i = 0; i < 2 * members.size(); i++) {
            sayAndShow(members.get(i % members.size()), members);
        }
    }

    private void sayAndShow(Participant sender, List<Participant> present) {
        var text = SAYINGS.get(said);
        said++;
        var readers = namesWithout(present, sender);
        ledger.sent(text, readers, readers);
        var accepted = Participant.wait(sender.name() + " sends", sender.say(text));
        var by = ledger.awaitDecrypted(text, PATIENCE);
        screen.say(
                "%8d  %5d  %-14s %-28s %s",
                accepted.position(),
                accepted.epoch(),
                sender.name(),
                text,
                by.stream().sorted().collect(Collectors.joining("  ")));
    }

    private static Set<String> namesWithout(List<Participant> present, Participant sender) {
        return present.stream()
                .filter(p -> p != sender)
                .map(Participant::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private record ScenarioResult(Participant by, Committed committed) {}

    private void race(int rounds) {
        screen.scene("All four commit for the same epoch at once, " + Count.of(rounds, "round"));
        screen.say("One commit wins each epoch. A loser gets it, applies it, and commits again.");
        screen.columns(
                "%5s  %-9s  %-60s  %7s  %s",
                "round", "epochs", "in the order they won", "refused", "authenticator");
        for (int round = 1; round <= rounds; round++) {
            long before = alice.standing().epoch();
            var order = new ArrayList<>(members);
            Collections.shuffle(order, Random.from(random));
            var outcomes =
                    Participant.wait(
                            "a round of commits",
                            Flux.fromIterable(order)
                                    .flatMap(p ->
                                            p.committing(p.conversation().update())
                                                    .map(c -> new ScenarioResult(p, c)))
                                    .collectList());
            long after = before + members.size();
            awaitEpoch(members, after);
            outcomes.sort(Comparator.comparingLong(o -> o.committed().position()));
            screen.say(
                    "%5d  %-9s  %-60s  %7d  %s",
                    round,
                    before + " → " + after,
                    outcomes.stream().map(o -> o.by().name()).collect(Collectors.joining(", ")),
                    outcomes.stream().mapToInt(o -> o.committed().refused()).sum(),
                    assertAgreed());
        }
    }

    private void dropAndCatchUp() {
        screen.scene("Bob's phone drops its connection and catches up");
        int seen = bob.deliveries();
        long from = bob.standing().applied();
        bob.device().client().disconnect();
        screen.say(
                "%-14s goes away at position %d, epoch %d",
                bob.name(), from, bob.standing().epoch());
        var others = members.stream().filter(p -> p != bob).toList();
        try (var progress =
                screen.progress(
                        "messages and commits meanwhile", OFFLINE_MESSAGES + OFFLINE_COMMITS)) {
            for (int i = 0; i < OFFLINE_MESSAGES; i++) {
                if (i % (OFFLINE_MESSAGES / OFFLINE_COMMITS) == 10) {
                    var committer = others.get((i / 10) % others.size());
                    var committed =
                            Participant.wait(
                                    "commit",
                                    committer.committing(committer.conversation().update()));
                    awaitEpoch(others, committed.epoch());
                    progress.step();
                }
                var sender = others.get(i % others.size());
                var text = "while Bob is away, " + (i + 1);
                ledger.sent(text, namesWithout(members, sender), namesWithout(others, sender));
                Participant.wait("send", sender.say(text));
                progress.step();
            }
        }
        long start = System.nanoTime();
        Participant.wait("reconnect", bob.device().connect());
        long target = alice.standing().applied();
        ledger.await(
                "Bob catches up",
                PATIENCE,
                () -> bob.lastPosition() >= target && ledger.allDecrypted());
        long millis = Duration.ofNanos(System.nanoTime() - start).toMillis();
        int caughtUp = bob.deliveries() - seen;
        screen.say(
                "%-14s is back: %d entries, %d of them commits, in %d ms; position %d, epoch %d",
                bob.name(),
                caughtUp,
                OFFLINE_COMMITS,
                millis,
                bob.lastPosition(),
                bob.standing().epoch());
        if (caughtUp != OFFLINE_MESSAGES + OFFLINE_COMMITS) {
            throw new ScenarioException(
                    "Bob got "
                            + caughtUp
                            + " entries instead of "
                            + (OFFLINE_MESSAGES + OFFLINE_COMMITS));
        }
        screen.say("All four agree again: authenticator %s", assertAgreed());
    }

    private void removeCarol() {
        screen.scene("Alice removes Carol");
        var removal =
                Participant.wait(
                        "remove", alice.committing(alice.conversation().remove(carol.name())));
        var rest = List.of(alice, bob, tablet);
        awaitEpoch(rest, removal.epoch());
        ledger.await("Carol is detached", PATIENCE, () -> !carol.detached().isEmpty());
        screen.say(
                "%-14s gets the commit at position %d, then: %s",
                carol.name(), carol.removedAt(), carol.detached());
        if (carol.removedAt() != removal.position() || !carol.detached().equals("removed")) {
            throw new ScenarioException("Carol should have got position " + removal.position());
        }
        try {
            carol.say("Can you still hear me?").block(PATIENCE);
            throw new ScenarioException("Carol could still send");
        } catch (RefusedException e) {
            screen.say("%-14s tries to send: refused, %s", carol.name(), e.code());
            if (!e.is(Code.REMOVED)) {
                throw new ScenarioException("the refusal has another reason than the removal");
            }
        }
        screen.columns(
                "%8s  %5s  %-14s %-28s %s",
                "position", "epoch", "sender", "message", "decrypted by");
        rest.forEach(p -> sayAndShow(p, rest));
        if (carol.lastPosition() != removal.position()) {
            throw new ScenarioException("Carol got a message after her removal");
        }
        screen.say("The three agree: authenticator %s", assertAgreed(rest));
    }

    // --- What must hold
    // ------------------------------------------------------------------------------

    private void awaitEpoch(List<Participant> present, long epoch) {
        for (var participant : present) {
            ledger.await(
                    participant.name() + " reaches epoch " + epoch,
                    PATIENCE,
                    () -> participant.lastEpoch() >= epoch);
        }
    }

    private String assertAgreed() {
        return assertAgreed(members);
    }

    /// @return the beginning of their common epoch authenticator
    private String assertAgreed(List<Participant> present) {
        var standings = present.stream().map(Participant::standing).toList();
        var first = standings.getFirst();
        for (int i = 0; i < standings.size(); i++) {
            if (!standings.get(i).epochAuthenticator().equals(first.epochAuthenticator())) {
                throw new ScenarioException(
                        present.get(i).name()
                                + " and "
                                + present.getFirst().name()
                                + " do not agree in epoch "
                                + standings.get(i).epoch()
                                + " and "
                                + first.epoch());
            }
        }
        return first.epochAuthenticator().hex().substring(0, 16);
    }

    /// Returns, for the summary, the remaining members, their epoch and their common authenticator.
    String agreement() {
        var rest = List.of(alice, bob, tablet);
        return "equal on all "
                + rest.size()
                + " members in epoch "
                + alice.standing().epoch()
                + ": "
                + assertAgreed(rest);
    }

    @Override
    public void close() {
        members.forEach(Participant::close);
    }
}
