package io.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The command `group`: creates groups and changes who is in them.
@Command(
        name = "group",
        description = {
            "Creates groups and changes who is in them.",
            "Each command first joins the groups whose Welcomes wait for this device."
        },
        subcommands = {
            GroupCommand.CreateGroup.class,
            GroupCommand.Add.class,
            GroupCommand.Remove.class,
            GroupCommand.Leave.class,
            GroupCommand.Join.class,
            GroupCommand.ListAll.class,
            GroupCommand.Show.class,
            GroupCommand.Policy.class
        },
        mixinStandardHelpOptions = true)
public final class GroupCommand {
    abstract static class Named extends DeviceCommand {
        @Parameters(index = "0", paramLabel = "NAME", description = "the group's name")
        private String name = "";

        String name() {
            DeviceActions.groupOf(name);
            return name;
        }
    }

    @Command(name = "create", description = "Creates a group with this device as its only member.")
    static final class CreateGroup extends Named {
        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.CREATE, name()));
        }
    }

    @Command(name = "add", description = "Adds all devices of users, or single ones.")
    static final class Add extends Named {
        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "USER[/DEVICE]",
                description = "users or devices to add")
        private List<String> users = new ArrayList<>();

        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.ADD, name(), users));
        }
    }

    @Command(name = "remove", description = "Removes all devices of users, or single ones.")
    static final class Remove extends Named {
        @Parameters(
                index = "1..*",
                arity = "1..*",
                paramLabel = "USER[/DEVICE]",
                description = "users or devices to remove")
        private List<String> users = new ArrayList<>();

        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.REMOVE, name(), users));
        }
    }

    @Command(
            name = "leave",
            description = {
                "Leaves the group with this device.",
                "Another member removes it from the MLS group."
            })
    static final class Leave extends Named {
        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.LEAVE, name()));
        }
    }

    @Command(
            name = "join",
            description = {
                "Joins by an external commit.",
                "For a further device of a member's user, and for a device that lost its state"
                        + " folder."
            })
    static final class Join extends Named {
        @Option(names = "--anew", description = "join again even if the device is in the group")
        private boolean anew;

        @Override
        public Integer call() {
            return perform(
                    DeviceRequest.of(anew ? DeviceActions.JOIN_ANEW : DeviceActions.JOIN, name()));
        }
    }

    @Command(
            name = "policy",
            description = {
                "Shows the group's policy, after changing the rules that are given.",
                "Rules, with the values that they may have:",
                "  past_epochs=0..16        how many epochs old a message may be",
                "  external_join=members|devices|open   who may join without being added:",
                "                           lost devices of members, all devices of members' users,",
                "                           or everybody",
                "  retention_seconds=N      how long messages are kept, up to the server's limit",
                "  retention_bytes=N        of these the newest, up to so many bytes",
                "  void_after=1..16         how many members must reject a commit that they cannot",
                "                           process, to undo it",
                "  reinit=creator|members|nobody   who may end the group for a successor",
                "  change=creator|members|nobody   who may change the policy",
                "creator: every device of the user that created the group."
            })
    static final class Policy extends Named {
        @Parameters(index = "1..*", paramLabel = "RULE=VALUE", description = "rules to change")
        private List<String> rules = new ArrayList<>();

        @Override
        public Integer call() {
            var _ = PolicyText.parse(rules);
            return perform(DeviceRequest.of(DeviceActions.POLICY, name(), rules));
        }
    }

    @Command(name = "list", description = "Lists the groups of this device.")
    static final class ListAll extends DeviceCommand {
        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.LIST));
        }
    }

    @Command(
            name = "show",
            description = {
                "Shows the members, the epoch and the epoch authenticator.",
                "The state tells whether the device can follow the group.",
                "All members in an epoch have the same authenticator."
            })
    static final class Show extends Named {
        @Override
        public Integer call() {
            return perform(DeviceRequest.of(DeviceActions.SHOW, name()));
        }
    }
}
