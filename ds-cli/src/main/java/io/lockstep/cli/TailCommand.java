package io.lockstep.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `tail`: prints the messages of a group.
@Command(
        name = "tail",
        description = {
            "Prints the messages of a group.",
            "With --follow it also prints new messages, and sends the lines typed on a terminal."
        })
public final class TailCommand extends HistoryCommand {
    @Option(
            names = {"-f", "--follow"},
            description = "follow the group until interrupted")
    private boolean follow;

    @Override
    boolean follows() {
        return follow;
    }

    @Override
    boolean isChat() {
        return false;
    }
}
