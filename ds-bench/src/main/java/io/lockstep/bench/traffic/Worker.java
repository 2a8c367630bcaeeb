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
        try (var crew = new Crew(threads, reply -> say(replies, reply))) {
            for (var line = orders.readLine(); line != null; line = orders.readLine()) {
                say(replies, carryOut(crew, line));
            }
        }
    }

    private static Reply carryOut(Crew crew, String line) {
        try {
            return crew.carryOut(JSON.readValue(line, Order.class));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Reply.Failed("interrupted");
        } catch (RuntimeException e) {
            return new Reply.Failed(e.toString());
        }
    }

    private static void say(PrintStream replies, Reply reply) {
        synchronized (replies) {
            replies.println(JSON.writerFor(Reply.class).writeValueAsString(reply));
            replies.flush();
        }
    }
}
