package io.lockstep.bench.traffic;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import tools.jackson.databind.json.JsonMapper;

/// The main loop of a worker process: executes requests from standard input until it ends.
public final class Worker {
    static final JsonMapper JSON = JsonMapper.builder().build();

    private Worker() {}

    /// @param threads number of event loops
    public static void run(int threads, BufferedReader requests, PrintStream replies)
            throws IOException {
        try (var pool = new ReceiverPool(threads, progress -> reply(replies, progress))) {
            for (var line = requests.readLine(); line != null; line = requests.readLine()) {
                reply(replies, execute(pool, line));
            }
        }
    }

    private static WorkerReply execute(ReceiverPool pool, String line) {
        try {
            return pool.execute(JSON.readValue(line, WorkerRequest.class));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new WorkerReply.WorkerFailed("interrupted");
        } catch (RuntimeException e) {
            return new WorkerReply.WorkerFailed(e.toString());
        }
    }

    private static void reply(PrintStream replies, WorkerReply reply) {
        synchronized (replies) {
            replies.println(JSON.writerFor(WorkerReply.class).writeValueAsString(reply));
            replies.flush();
        }
    }
}
