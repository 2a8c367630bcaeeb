package io.lockstep.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The command `keys`: publishes and counts KeyPackages.
@Command(
        name = "keys",
        description = "Publishes and counts KeyPackages, by which members add this device.",
        subcommands = {KeysCommand.Publish.class, KeysCommand.Count.class},
        mixinStandardHelpOptions = true)
public final class KeysCommand {
    @Command(name = "publish", description = "Creates KeyPackages and publishes them.")
    static final class Publish extends DeviceCommand {
        @Option(
                names = "--count",
                defaultValue = "20",
                description = "number of KeyPackages (default: ${DEFAULT-VALUE})")
        private int count = 20;

        @Override
        public Integer call() {
            if (count < 1 || count > 1000) {
                throw new CommandFailure("--count is 1 to 1000");
            }
            return perform(DeviceRequest.of(DeviceActions.PUBLISH, Integer.toString(count)));
        }
    }

    @Command(name = "count", description = "Counts the KeyPackages left, by cipher suite.")
    static final class Count extends DeviceCommand {
        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.COUNT));
        }
    }
}
