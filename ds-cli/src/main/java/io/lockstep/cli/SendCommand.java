package io.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// The command `send`: sends a message to a group.
@Command(name = "send", description = "Sends a message to a group.")
public final class SendCommand extends DeviceCommand {
    @Parameters(index = "0", paramLabel = "NAME", description = "the group's name")
    private String name = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "the message")
    private List<String> text = new ArrayList<>();

    @Override
    public Integer call() {
        DeviceActions.groupOf(name);
        return perform(DeviceRequest.of(DeviceActions.SEND, name, text));
    }
}
