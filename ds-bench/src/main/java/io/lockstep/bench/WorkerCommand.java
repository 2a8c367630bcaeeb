package io.lockstep.bench;

import io.lockstep.bench.traffic.Worker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `bench worker`: a process with receivers, which a run starts and controls by its
/// standard input.
@Command(name = "worker", hidden = true)
final class WorkerCommand implements Callable<Integer> {
    @Option(names = "--threads", defaultValue = "1")
    private int threads = 1;

    @Override
    public Integer call() throws IOException {
        Worker.run(
                threads,
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)),
                System.out);
        return 0;
    }
}
