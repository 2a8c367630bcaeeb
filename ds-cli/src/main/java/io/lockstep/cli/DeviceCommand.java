package io.lockstep.cli;

import io.lockstep.cli.DeviceOptions.Profile;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Base class of the commands that act for a device. The process that holds the state folder
/// carries the command out: this process, or another one that is already running.
@Command(mixinStandardHelpOptions = true)
abstract class DeviceCommand implements Callable<Integer> {
    private static final Duration FOLDER_FREE_WITHIN = Duration.ofSeconds(60);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    @Mixin private DeviceOptions options = new DeviceOptions();

    @Spec private CommandSpec spec = CommandSpec.create();

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    void print(String line) {
        out().println(line);
        out().flush();
    }

    Profile profile() {
        return options.profile();
    }

    int perform(DeviceRequest request) {
        var profile = profile();
        var folder = StateFolder.open(profile.folder());
        long end = System.nanoTime() + FOLDER_FREE_WITHIN.toNanos();
        while (true) {
            var lock = folder.tryLock();
            if (lock.isPresent()) {
                try (var _ = lock.get();
                        var device = LocalDevice.connect(profile, folder)) {
                    new DeviceActions(device, this::print).perform(request);
                    return 0;
                } catch (IOException e) {
                    throw new CommandFailure("the state folder cannot be unlocked: " + e);
                }
            }
            if (ControlSocket.ask(folder, request, this::print)) {
                return 0;
            }
            if (System.nanoTime() > end) {
                throw new CommandFailure(
                        "another command holds the state folder " + folder + " and does not end");
            }
            PollDelay.of(LOOK_AGAIN);
        }
    }
}
