package io.lockstep.cli;

import picocli.CommandLine.Command;

/// The command `chat`: follows a group and sends each typed line.
@Command(
        name = "chat",
        description = {
            "Follows a group and sends each typed line, until the input ends.",
            "Each line of the standard input, typed or piped, is one message. Ctrl-D or Ctrl-C ends"
                    + " the command."
        })
public final class ChatCommand extends HistoryCommand {
    @Override
    boolean follows() {
        return true;
    }

    @Override
    boolean isChat() {
        return true;
    }
}
