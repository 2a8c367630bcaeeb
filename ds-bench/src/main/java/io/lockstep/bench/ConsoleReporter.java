package io.lockstep.bench;

import io.lockstep.bench.traffic.WorkerReply;
import java.io.PrintStream;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// The progress output of a run: bars on a terminal, lines elsewhere.
final class ConsoleReporter {
    private final PrintStream out;
    private final boolean terminal;

    ConsoleReporter(PrintStream out) {
        this.out = out;
        terminal = isTerminal();
    }

    // Null only before JDK 22. NullAway does not know that.
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    void say(String line) {
        out.println(line);
    }

    /// The progress of a slow task in steps.
    final class ProgressReporter implements AutoCloseable, Consumer<WorkerReply.OpenProgress> {
        private final ProgressBar bar;
        private final String what;
        private final int of;

        private ProgressReporter(String what, int of) {
            this.what = what;
            this.of = of;
            bar =
                    new ProgressBarBuilder()
                            .setTaskName(what)
                            .setInitialMax(of)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUpdateIntervalMillis(100)
                            .continuousUpdate()
                            .clearDisplayOnFinish()
                            .setConsumer(
                                    new me.tongfei.progressbar.DelegatingProgressBarConsumer(
                                            terminal ? out::print : _ -> {}))
                            .build();
        }

        void step() {
            bar.step();
        }

        /// Adds the new progress of one of several processes.
        @Override
        public void accept(WorkerReply.OpenProgress progress) {
            bar.stepTo(Math.min(of, Math.max(bar.getCurrent(), progress.done())));
        }

        @Override
        public void close() {
            bar.close();
            if (!terminal) {
                say("%s: %,d".formatted(what, of));
            }
        }
    }

    ProgressReporter progress(String what, int of) {
        return new ProgressReporter(what, of);
    }
}
