package io.lockstep.bench.traffic;

import java.util.List;
import java.util.stream.IntStream;

/// The submitting connections of the coordinator. Thread-safe.
public final class SenderPool implements AutoCloseable {
    private final Network network;

    public SenderPool(boolean trustAll) {
        network = new Network(1, trustAll);
    }

    /// @param user prefix of the user name, before the number
    public List<Sender> open(List<Endpoint> endpoints, String user, int count) {
        var senders =
                IntStream.range(0, count)
                        .mapToObj(i -> begin(endpoints.get(i % endpoints.size()), user, i))
                        .toList();
        senders.forEach(Sender::awaitOpen);
        return senders;
    }

    private Sender begin(Endpoint endpoint, String user, int number) {
        var loop = network.nextLoop();
        var sender = new Sender(endpoint, user + number + "/d", loop);
        network.connect(loop, endpoint, number, SocketBuffers.systems(), sender, sender::end);
        return sender;
    }

    @Override
    public void close() {
        network.close();
    }
}
