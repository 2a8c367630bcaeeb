package io.lockstep.bench.traffic;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import tools.jackson.databind.json.JsonMapper;

/// The main loop of a receiver process: carries out orders from standard input until it ends.
public final class Worker {
    static final JsonMapper JSON = JsonMapper.builder().build();

    private Worker() {}

    /// @param threads number of event loops
    public static void run(int threads, BufferedReader orders, PrintStream replies)
            throws IOException {
        try (var crew = new ReceiverPool(threads, reply -> say(replies, reply))) {
            for (var line = orders.readLine(); line != null; line = orders.readLine()) {
                say(replies, carryOut(crew, line));
            }
        }
    }

    private static WorkerReply carryOut(ReceiverPool crew, String line) {
        try {
            return crew.carryOut(JSON.readValue(line, WorkerRequest.class));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new WorkerReply.WorkerFailed("interrupted");
        } catch (RuntimeException e) {
            return new WorkerReply.WorkerFailed(e.toString());
        }
    }

    private static void say(PrintStream replies, WorkerReply reply) {
        synchronized (replies) {
            replies.println(JSON.writerFor(WorkerReply.class).writeValueAsString(reply));
            replies.flush();
        }
    }
}
