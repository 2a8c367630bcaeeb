package io.lockstep.e2e;

import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientEvent.Delivered;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberListener;
import io.lockstep.client.member.MemberStore;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// Records all events of one device, and keeps the device's state across restarts. Thread-safe.
final class RecordingDevice implements MemberListener, MemberStore {
    final List<String> transcript = new CopyOnWriteArrayList<>();
    final List<ClientEvent> events = new CopyOnWriteArrayList<>();
    final List<JoinMethod> joinMethods = new CopyOnWriteArrayList<>();
    final List<String> failures = new CopyOnWriteArrayList<>();
    final List<Long> voids = new CopyOnWriteArrayList<>();
    private volatile Bytes state = Bytes.EMPTY;

    @Override
    public void entered(Conversation conversation, JoinMethod how) {
        joinMethods.add(how);
    }

    @Override
    public void received(
            Conversation conversation, Delivered delivered, Bytes sender, Bytes plaintext) {
        transcript.add(textOf(sender) + ": " + beginningOf(plaintext));
    }

    @Override
    public void ownPlaced(Conversation conversation, Delivered delivered, Bytes plaintext) {
        transcript.add(conversation.device().name() + ": " + beginningOf(plaintext));
    }

    @Override
    public void epochBegan(Conversation conversation, Delivered delivered, Bytes committer) {
        transcript.add("epoch " + conversation.epoch() + " by " + textOf(committer));
    }

    @Override
    public void failed(Conversation conversation, Delivered delivered, RuntimeException why) {
        failures.add(delivered.position() + ": " + why);
    }

    @Override
    public void commitsVoided(Conversation conversation, Delivered delivered, long position) {
        voids.add(position);
    }

    @Override
    public void event(ClientEvent event) {
        events.add(event);
    }

    <T extends ClientEvent> List<T> eventsOf(Class<T> kind) {
        return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    @Override
    public Optional<Bytes> load() {
        return state.isEmpty() ? Optional.empty() : Optional.of(state);
    }

    @Override
    public void save(Bytes saved) {
        state = saved;
    }

    private static String beginningOf(Bytes plaintext) {
        var text = textOf(plaintext);
        return text.substring(0, Math.min(text.length(), 40));
    }

    private static String textOf(Bytes bytes) {
        return new String(bytes.toArray(), StandardCharsets.UTF_8);
    }
}
