package io.lockstep.cli.demo;

import io.lockstep.client.Acceptance;
import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.Conversation.ConversationStatus;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.member.MemberListener;
import io.lockstep.client.mls.EngineThread;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One device of the demo and what it has received. Written on its engine thread, read on the main
/// thread.
final class Participant implements MemberListener, AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String name;
    private final DeliveryRecord ledger;
    private final MemberDevice device;
    private final AtomicInteger deliveries = new AtomicInteger();
    private volatile @Nullable Conversation conversation;
    private volatile long removedAt;
    private volatile String detached = "";
    private volatile long lastPosition;
    private volatile long lastEpoch;

    private Participant(
            String name,
            DeliveryRecord ledger,
            EngineThread engine,
            ClientNetwork network,
            ClientConfig config) {
        this.name = name;
        this.ledger = ledger;
        device = wait("the engine", MemberDevice.create(name, engine, network, config, this));
    }

    static Participant connect(
            String name,
            DeliveryRecord ledger,
            EngineThread engine,
            ClientNetwork network,
            ClientConfig config) {
        var participant =
                new Participant(
                        name, ledger, engine, network, config.withToken(() -> "dev:" + name));
        wait(name + " connects", participant.device.connect());
        return participant;
    }

    /// Waits for an answer on the main thread.
    static <T> T wait(String what, Mono<T> answer) {
        try {
            var value = answer.block(PATIENCE);
            if (value == null) {
                throw new ScenarioException(what + ": no answer");
            }
            return value;
        } catch (ScenarioException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ScenarioException(what + ": " + e.getMessage(), e);
        }
    }

    String name() {
        return name;
    }

    MemberDevice device() {
        return device;
    }

    /// Returns the only group of this device.
    Conversation conversation() {
        var present = conversation;
        if (present == null) {
            throw new IllegalStateException(name + " is in no group yet");
        }
        return present;
    }

    void enter(Conversation entered) {
        conversation = entered;
    }

    boolean hasJoined() {
        return conversation != null;
    }

    ConversationStatus standing() {
        return wait(name, conversation().standing());
    }

    Mono<Acceptance> say(String text) {
        return conversation().send(Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /// Commits and records the attempt.
    Mono<Conversation.Committed> committing(Mono<Conversation.Committed> commit) {
        return commit.doOnNext(c -> ledger.commitAccepted(c.refused()));
    }

    long lastPosition() {
        return lastPosition;
    }

    long lastEpoch() {
        return lastEpoch;
    }

    int deliveries() {
        return deliveries.get();
    }

    long removedAt() {
        return removedAt;
    }

    String detached() {
        return detached;
    }

    @Override
    public void joined(Conversation joined) {
        conversation = joined;
        lastEpoch = joined.epoch();
        ledger.touched();
    }

    @Override
    public void received(Conversation in, Delivered delivered, Bytes sender, Bytes plaintext) {
        ledger.received(name, new String(plaintext.toArray(), StandardCharsets.UTF_8));
    }

    @Override
    public void epochBegan(Conversation in, Delivered delivered, Bytes committer) {
        lastEpoch = in.epoch();
        ledger.touched();
    }

    @Override
    public void rebased(Conversation in, long wonPosition) {
        ledger.commitRefused();
    }

    @Override
    public void removed(Conversation in, Delivered delivered) {
        removedAt = delivered.position();
        ledger.touched();
    }

    @Override
    public void failed(Conversation in, Delivered delivered, RuntimeException why) {
        ledger.fault(
                name + " cannot read position " + delivered.position() + ": " + why.getMessage());
    }

    @Override
    public void event(ClientEvent event) {
        switch (event) {
            case ClientEvent.Delivered delivered -> {
                if (delivered.position() <= lastPosition) {
                    ledger.fault(name + " got position " + delivered.position() + " again");
                }
                if (!detached.isEmpty()) {
                    ledger.fault(name + " got position " + delivered.position() + " after removal");
                }
                lastPosition = delivered.position();
                deliveries.incrementAndGet();
            }
            case ClientEvent.GroupDetached(_, String code) -> detached = code;
            case ClientEvent.PositionsSkipped hole -> ledger.fault(name + ": " + hole);
            case ClientEvent.HistoryMismatch mismatch -> ledger.fault(name + ": " + mismatch);
            case ClientEvent.HistoryGap gap -> ledger.fault(name + ": " + gap);
            case ClientEvent.AttachRefused refused -> ledger.fault(name + ": " + refused);
            case ClientEvent.RequestRefused refused -> ledger.fault(name + ": " + refused);
            case ClientEvent.KeyPackagesRunLow _,
                    ClientEvent.TokenExpiring _,
                    ClientEvent.Closed _,
                    ClientEvent.Connected _,
                    ClientEvent.Disconnected _,
                    ClientEvent.EphemeralDelivered _,
                    ClientEvent.CaughtUp _,
                    ClientEvent.WelcomeReceived _ -> {}
        }
        ledger.touched();
    }

    @Override
    public void close() {
        device.close();
    }
}
