package io.lockstep.client;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.lockstep.client.demo.DemoCommand;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The client's programs.
@Command(
        name = "lockstep",
        description = "Programs around a Lockstep server.",
        subcommands = {DemoCommand.class, DecodeCommand.class},
        mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        quiet();
        System.exit(new CommandLine(new Main()).execute(args));
    }

    /// What a program has to say it prints; the log is for what goes wrong beneath.
    private static void quiet() {
        if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
            root.setLevel(Level.ERROR);
        }
    }
}
