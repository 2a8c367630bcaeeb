package io.lockstep.cli;

import io.lockstep.cli.program.Count;
import io.lockstep.wire.mls.GroupId;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// The command `groups`: what the operator of a server does with its groups. Unlike `group` it acts
/// for no device, and reads no message.
@Command(
        name = "groups",
        description = {
            "Commands of the operator: shows groups, repairs broken ones, and deletes groups.",
            "They use the operations port, which needs operations.token-file. A GROUP is its name,"
                    + " or hex:..., or base64url:..."
        },
        subcommands = {
            GroupsCommand.ListAll.class,
            GroupsCommand.Show.class,
            GroupsCommand.VoidCommits.class,
            GroupsCommand.Reset.class,
            GroupsCommand.Freeze.class,
            GroupsCommand.Thaw.class,
            GroupsCommand.Delete.class
        },
        mixinStandardHelpOptions = true)
public final class GroupsCommand {
    @Command(mixinStandardHelpOptions = true)
    abstract static class OperatorCommand implements Callable<Integer> {
        @Mixin private OperatorOptions options = new OperatorOptions();

        @Spec private CommandSpec spec = CommandSpec.create();

        OperatorClient client() {
            return options.client();
        }

        void print(String line) {
            PrintWriter out = spec.commandLine().getOut();
            out.println(line);
            out.flush();
        }
    }

    abstract static class OfGroup extends OperatorCommand {
        @Parameters(index = "0", paramLabel = "GROUP", description = "the group")
        private String name = "";

        GroupId group() {
            return GroupArgument.parse(name);
        }
    }

    @Command(
            name = "list",
            description = {
                "Lists groups whose members did not follow each other in the last 31 days.",
                "Those with the latest trouble come first."
            })
    static final class ListAll extends OperatorCommand {
        @Option(names = "--broken", description = "only those that are broken now")
        private boolean broken;

        @Override
        public Integer call() {
            var client = client();
            var next = "";
            int count = 0;
            do {
                var page =
                        client.get(
                                "/groups?broken="
                                        + broken
                                        + (next.isEmpty() ? "" : "&after=" + next));
                for (var group : page.path("groups")) {
                    print(summary(group));
                    count++;
                }
                next = page.path("next").asString("");
            } while (!next.isEmpty());
            if (count == 0) {
                print(broken ? "no group is broken" : "no group had trouble");
            }
            return 0;
        }

        private static String summary(JsonNode group) {
            var troubles = new ArrayList<String>();
            group.path("troubles")
                    .forEachEntry((kind, number) -> {
                        if (number.asLong() > 0) {
                            troubles.add(kind + " " + number.asLong());
                        }
                    });
            return "%s  %s  last trouble %s  %s"
                    .formatted(
                            GroupArgument.write(
                                    GroupArgument.ofPath(group.path("group").asString(""))),
                            health(group),
                            Instant.ofEpochMilli(group.path("last_trouble_at_millis").asLong()),
                            String.join(", ", troubles));
        }
    }

    /// `healthy`, or `broken` with the reasons.
    private static String health(JsonNode group) {
        var reasons = new ArrayList<String>();
        group.path("broken").forEach(reason -> reasons.add(reason.asString("")));
        return reasons.isEmpty() ? "healthy" : "broken: " + String.join(", ", reasons);
    }

    @Command(name = "show", description = "Shows the state of a group: the log's, not MLS's.")
    static final class Show extends OfGroup {
        @Override
        public Integer call() {
            var found = client().describe(group());
            print("group        " + GroupArgument.write(group()));
            print("state        " + health(found));
            print("incarnation  " + found.path("incarnation").asString(""));
            print("epoch        " + found.path("epoch").asString(""));
            print("position     " + found.path("position").asString(""));
            print("GroupInfo    " + groupInfo(found));
            for (var commit : found.path("provisional")) {
                print("provisional  " + provisional(commit));
            }
            if (found.has("frozen_at")) {
                print(
                        "frozen       at position %s: %s"
                                .formatted(
                                        found.path("frozen_at").asString(""),
                                        History.printable(found.path("frozen_why").asString("?"))));
            }
            if (found.has("successor")) {
                print(
                        "successor    "
                                + GroupArgument.write(
                                        GroupArgument.ofPath(
                                                found.path("successor").asString(""))));
            }
            return 0;
        }

        private static String groupInfo(JsonNode found) {
            if (!found.has("group_info_epoch")) {
                return "none";
            }
            var epoch = found.path("group_info_epoch").asString("");
            return epoch.equals(found.path("epoch").asString(""))
                    ? "current"
                    : "stale, of epoch " + epoch;
        }

        private static String provisional(JsonNode commit) {
            return "commit at position %s, since %s, %s"
                    .formatted(
                            commit.path("position").asString(""),
                            Instant.ofEpochMilli(commit.path("accepted_at_millis").asLong()),
                            Count.of(commit.path("rejections").asLong(), "rejection"));
        }
    }

    abstract static class WithEvidence extends OfGroup {
        @Option(
                names = "--why",
                paramLabel = "TEXT",
                required = true,
                description =
                        "the reason, at most 200 bytes; it is in the group's log, so all members"
                                + " read it")
        private String why = "";

        /// @param what for the answer
        /// @param more of the body
        int perform(String command, String what, Map<String, ?> more) {
            var body = new LinkedHashMap<String, Object>(more);
            body.put("why", why);
            var done = client().command(group(), command, body);
            print(
                    "%s %s: epoch %s, position %s"
                            .formatted(
                                    done.path("repeat").asBoolean() ? "already" : "now",
                                    what,
                                    done.path("epoch").asString(""),
                                    done.path("position").asString("")));
            return 0;
        }
    }

    @Command(
            name = "void",
            description = {
                "Voids a commit that no other member has confirmed, and all commits after it.",
                "Without --position: the oldest commit that a member has rejected."
            })
    static final class VoidCommits extends WithEvidence {
        @Option(
                names = "--position",
                paramLabel = "POSITION",
                description = "the commit's position, as lockstep groups show prints it")
        private Optional<Long> position = Optional.empty();

        @Override
        public Integer call() {
            return perform(
                    "void",
                    "void",
                    position.<Map<String, ?>>map(at -> Map.of("position", at)).orElse(Map.of()));
        }
    }

    @Command(
            name = "reset",
            description = {
                "Ends a group in favour of another one, its successor.",
                "This cannot be undone. Members create the successor, and continue there."
            })
    static final class Reset extends WithEvidence {
        @Option(
                names = "--successor",
                paramLabel = "GROUP",
                required = true,
                description = "the successor's name")
        private String successor = "";

        @Override
        public Integer call() {
            return perform(
                    "reset",
                    "ended",
                    Map.of("successor", GroupArgument.path(GroupArgument.parse(successor))));
        }
    }

    @Command(
            name = "freeze",
            description = "Refuses all submissions of clients to a group; they can still read it.")
    static final class Freeze extends WithEvidence {
        @Override
        public Integer call() {
            return perform("freeze", "frozen", Map.of());
        }
    }

    @Command(name = "thaw", description = "Ends a freeze.")
    static final class Thaw extends WithEvidence {
        @Override
        public Integer call() {
            return perform("thaw", "thawed", Map.of());
        }
    }

    /// It is no entry of the group's log, which goes with the group.
    @Command(
            name = "delete",
            description = {
                "Deletes a group with its log and its blobs, whoever its members are.",
                "This cannot be undone. Connected members are told, without the reason."
            })
    static final class Delete extends OfGroup {
        @Option(
                names = "--why",
                paramLabel = "TEXT",
                required = true,
                description = "the reason, at most 200 bytes; it is in the server's log")
        private String why = "";

        @Option(
                names = "--incarnation",
                paramLabel = "HEX",
                description =
                        "deletes the group only if it has this incarnation, as lockstep groups show"
                                + " prints it: a group that was created since stays")
        private Optional<String> incarnation = Optional.empty();

        @Override
        public Integer call() {
            var body = new LinkedHashMap<String, Object>();
            incarnation.ifPresent(hex -> body.put("incarnation", hex));
            body.put("why", why);
            var done = client().command(group(), "delete", body);
            print(
                    "%s deleted: incarnation %s"
                            .formatted(
                                    done.path("repeat").asBoolean() ? "already" : "now",
                                    done.path("incarnation").asString("")));
            return 0;
        }
    }
}
