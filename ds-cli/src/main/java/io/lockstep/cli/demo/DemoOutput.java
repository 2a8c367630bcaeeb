package io.lockstep.cli.demo;

import java.io.PrintStream;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// The output of the demo: aligned, coloured and with progress bars on a terminal, plain text
/// elsewhere.
// The annotation for compile-time format checks would need another dependency.
@SuppressWarnings("AnnotateFormatMethod")
final class DemoOutput {
    private static final String BOLD = "1";
    private static final String DIM = "2";
    private static final String RED = "31";
    private static final String GREEN = "32";

    private final PrintStream out;
    private final boolean terminal;
    private int scene;

    private DemoOutput(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    static DemoOutput ofProcess() {
        return new DemoOutput(System.out, isTerminal() && System.getenv("NO_COLOR") == null);
    }

    // Null only before JDK 22. NullAway does not know that.
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }

    private String styled(String style, String text) {
        return terminal ? "\u001b[" + style + "m" + text + "\u001b[0m" : text;
    }

    void title(String text) {
        out.println();
        out.println(styled(BOLD, text));
    }

    /// Starts a numbered part of the demo.
    void scene(String text) {
        out.println();
        out.println(styled(BOLD, ++scene + "  " + text));
    }

    /// Prints text below a scene.
    void say(String format, Object... values) {
        out.println("   " + String.format(Locale.ROOT, format, values));
    }

    /// Prints column headings.
    void columns(String format, Object... names) {
        out.println("   " + styled(DIM, String.format(Locale.ROOT, format, names)));
    }

    void fact(String name, String format, Object... values) {
        out.println(
                "   "
                        + styled(DIM, String.format(Locale.ROOT, "%-16s", name))
                        + String.format(Locale.ROOT, format, values));
    }

    void good(String text) {
        out.println();
        out.println(styled(GREEN, text));
    }

    void bad(String text) {
        out.println();
        out.println(styled(RED, text));
    }

    void raw(String line) {
        out.println(line);
    }

    /// Shows the progress of a long task.
    interface ProgressDisplay extends AutoCloseable {
        void step();

        @Override
        void close();
    }

    ProgressDisplay progress(String what, int steps) {
        return terminal ? new BarDisplay(what, steps) : new LineDisplay(what, steps);
    }

    private static final class BarDisplay implements ProgressDisplay {
        private final ProgressBar bar;

        BarDisplay(String what, int steps) {
            bar =
                    new ProgressBarBuilder()
                            .setTaskName("   " + what)
                            .setInitialMax(steps)
                            .setStyle(ProgressBarStyle.ASCII)
                            .setUpdateIntervalMillis(100)
                            .clearDisplayOnFinish()
                            .build();
        }

        @Override
        public void step() {
            bar.step();
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /// Prints a line for each quarter.
    private final class LineDisplay implements ProgressDisplay {
        private final String what;
        private final int steps;
        private int done;

        LineDisplay(String what, int steps) {
            this.what = what;
            this.steps = steps;
        }

        @Override
        public synchronized void step() {
            int before = done * 4 / steps;
            done++;
            if (done * 4 / steps > before && steps > 100) {
                say("%s: %,d of %,d", what, done, steps);
            }
        }

        @Override
        public void close() {}
    }
}
