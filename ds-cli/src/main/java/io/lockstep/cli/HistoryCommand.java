package io.lockstep.cli;

import io.lockstep.wire.mls.GroupId;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Parameters;

/// Base class of the commands `tail` and `chat`, which print a group's messages and follow it.
///
/// They print the history file. A command that follows holds the state folder. If another process
/// holds the folder, the command waits for that process to end and takes over.
abstract class HistoryCommand extends DeviceCommand {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    @Parameters(index = "0", paramLabel = "NAME", description = "the group's name")
    private String name = "";

    private final BlockingQueue<Optional<String>> typed = new LinkedBlockingQueue<>();
    private long printedTo;

    abstract boolean follows();

    /// Whether to read lines even if standard input is not a terminal, and to end when it ends.
    abstract boolean isChat();

    @Override
    public Integer call() {
        var group = DeviceActions.groupOf(name);
        var profile = profile();
        var folder = StateFolder.open(profile.folder());
        var history = new History(folder.history());
        if (!follows()) {
            perform(DeviceRequest.of(DeviceActions.CATCH_UP, name));
            print(history, group);
            return 0;
        }
        if (isChat() || isOnTerminal()) {
            Thread.ofPlatform().daemon().name("typed").start(this::readTyped);
        }
        while (true) {
            var lock = folder.tryLock();
            boolean over =
                    lock.isPresent()
                            ? hold(lock.get(), folder, history, group)
                            : step(
                                    history,
                                    group,
                                    line -> ControlSocket.ask(folder, line, _ -> {}));
            if (over) {
                return 0;
            }
        }
    }

    private static boolean isOnTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    private void readTyped() {
        try (var in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (var line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.isBlank()) {
                    typed.add(Optional.of(line));
                }
            }
        } catch (IOException e) {
            // Treat it as the end of the input.
        }
        if (isChat()) {
            typed.add(Optional.empty());
        }
    }

    /// Runs as the process that holds the folder.
    private boolean hold(FileChannel lock, StateFolder folder, History history, GroupId group) {
        try (lock;
                var device = LocalDevice.connect(profile(), folder)) {
            var actions = new DeviceActions(device, _ -> {});
            actions.member(name);
            try (var _ = ControlSocket.serve(folder, device)) {
                while (device.closed().isEmpty()) {
                    boolean over =
                            step(
                                    history,
                                    group,
                                    line -> {
                                        actions.perform(line);
                                        return true;
                                    });
                    if (over) {
                        return true;
                    }
                }
                throw new CommandFailure("the server closed the session: " + device.closed());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface RequestRunner {
        boolean perform(DeviceRequest request);
    }

    /// Prints new messages and sends typed lines.
    ///
    /// @return whether to end
    private boolean step(History history, GroupId group, RequestRunner doer) {
        print(history, group);
        try {
            var line = typed.poll(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            if (line == null) {
                return false;
            }
            if (line.isEmpty()) {
                return print(history, group);
            }
            send(line.get(), doer);
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private void send(String line, RequestRunner doer) {
        try {
            if (!doer.perform(DeviceRequest.of(DeviceActions.SEND, name, line))) {
                // No process serves the folder at the moment; this process will soon.
                typed.add(Optional.of(line));
            }
        } catch (CommandFailure e) {
            print("not sent: " + e.getMessage());
        }
    }

    private boolean print(History history, GroupId group) {
        var news = history.read(group, printedTo);
        news.entries().forEach(e -> print(e.line()));
        printedTo = news.end();
        return true;
    }
}
