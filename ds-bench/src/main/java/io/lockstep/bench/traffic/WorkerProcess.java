package io.lockstep.bench.traffic;

import io.lockstep.cli.program.ChildCommandLine;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// The coordinator's handle of a receiver process, which runs this program again. Confined to one
/// thread.
///
/// The child ends whenever this process ends, because its standard input ends then.
public final class WorkerProcess implements AutoCloseable {
    private static final int STOP_SECONDS = 10;

    private final Process process;
    private final PrintStream requests;
    private final BufferedReader replies;

    private WorkerProcess(Process process) {
        this.process = process;
        requests = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        replies = process.inputReader(StandardCharsets.UTF_8);
    }

    /// @param threads number of event loops
    public static WorkerProcess start(int threads) {
        var command =
                ChildCommandLine.command(
                        "io.lockstep.bench.Main",
                        List.of(),
                        List.of("bench", "worker", "--threads", Integer.toString(threads)));
        try {
            return new WorkerProcess(
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
        } catch (IOException e) {
            throw new IllegalStateException("a process with receivers cannot be started", e);
        }
    }

    public void tell(WorkerRequest request) {
        requests.println(Worker.JSON.writerFor(WorkerRequest.class).writeValueAsString(request));
    }

    /// Waits for the reply to the last request.
    ///
    /// @param progress receives the progress before the reply
    public <R extends WorkerReply> R reply(
            Class<R> type, Consumer<WorkerReply.OpenProgress> progress) {
        while (true) {
            switch (read()) {
                case WorkerReply.OpenProgress step -> progress.accept(step);
                case WorkerReply.WorkerFailed(var what) ->
                        throw new IllegalStateException("a process with receivers: " + what);
                case WorkerReply reply -> {
                    return type.cast(reply);
                }
            }
        }
    }

    /// Stops the process with SIGSTOP: it uses no CPU and reads nothing.
    ///
    /// @throws IllegalStateException when the signal cannot be sent
    public void freeze() {
        signal("-STOP");
    }

    /// Continues the process with SIGCONT.
    public void thaw() {
        signal("-CONT");
    }

    private void signal(String signal) {
        try {
            var kill =
                    new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                            .inheritIO()
                            .start();
            if (kill.waitFor() != 0) {
                throw new IllegalStateException("kill " + signal + " failed");
            }
        } catch (IOException e) {
            throw new IllegalStateException("kill cannot be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private WorkerReply read() {
        try {
            var line = replies.readLine();
            if (line == null) {
                throw new IllegalStateException("a process with receivers has ended");
            }
            return Worker.JSON.readValue(line, WorkerReply.class);
        } catch (IOException e) {
            throw new IllegalStateException("a process with receivers does not answer", e);
        }
    }

    @Override
    public void close() {
        requests.close();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
