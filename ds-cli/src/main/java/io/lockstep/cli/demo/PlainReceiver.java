package io.lockstep.cli.demo;

import io.lockstep.client.ClientConfig;
import io.lockstep.client.ClientEvent;
import io.lockstep.client.ClientNetwork;
import io.lockstep.client.LockstepClient;
import io.lockstep.wire.mls.GroupId;
import reactor.core.publisher.Mono;

/// A plain receiver of the demo: a real WebSocket and the whole client library, but no MLS. It
/// checks what needs no keys: positions, their order, and the bytes.
///
/// Confined to its client's event loop. The crowd that it reports to is thread-safe.
final class PlainReceiver implements AutoCloseable {
    private final String name;
    private final LockstepClient client;
    private final BroadcastTally crowd;
    private long lastPosition;

    PlainReceiver(String name, ClientNetwork network, ClientConfig config, BroadcastTally crowd) {
        this.name = name;
        this.crowd = crowd;
        client = LockstepClient.create(network, config.withToken(() -> "dev:" + name));
        var _ = client.events().subscribe(this::on);
    }

    String name() {
        return name;
    }

    Mono<?> connect() {
        return client.connect();
    }

    Mono<?> attach(GroupId group) {
        return client.attach(group);
    }

    private void on(ClientEvent event) {
        switch (event) {
            case ClientEvent.Delivered delivered -> {
                if (delivered.position() <= lastPosition) {
                    crowd.duplicated();
                } else if (lastPosition > 0 && delivered.position() != lastPosition + 1) {
                    crowd.fault(name + " got " + delivered.position() + " after " + lastPosition);
                }
                lastPosition = delivered.position();
                crowd.arrived(delivered);
                client.acknowledge(delivered);
            }
            case ClientEvent.PositionsSkipped _,
                    ClientEvent.HistoryMismatch _,
                    ClientEvent.HistoryGap _,
                    ClientEvent.GroupDetached _,
                    ClientEvent.AttachRefused _,
                    ClientEvent.RequestRefused _,
                    ClientEvent.Disconnected _,
                    ClientEvent.Closed _ ->
                    crowd.fault(name + ": " + event);
            case ClientEvent.KeyPackagesRunLow _,
                    ClientEvent.TokenExpiring _,
                    ClientEvent.Connected _,
                    ClientEvent.CaughtUp _,
                    ClientEvent.EphemeralDelivered _,
                    ClientEvent.WelcomeReceived _ -> {}
        }
    }

    @Override
    public void close() {
        crowd.leaving();
        client.close();
    }
}
