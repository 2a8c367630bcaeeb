package io.lockstep.cli;

import static io.lockstep.cli.LocalDevice.await;

import io.lockstep.cli.program.Count;
import io.lockstep.client.DirectoryClient.DeviceKeyPackage;
import io.lockstep.client.RefusedException;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.member.MemberDevice;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.GroupPolicy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// Implements the commands of a device, such as `group add`, on its MLS state. Thread-safe.
final class DeviceActions {
    static final String PUBLISH = "keys publish";
    static final String COUNT = "keys count";
    static final String CREATE = "group create";
    static final String ADD = "group add";
    static final String REMOVE = "group remove";
    static final String LEAVE = "group leave";
    static final String JOIN = "group join";
    static final String JOIN_ANEW = "group join anew";
    static final String LIST = "group list";
    static final String SHOW = "group show";
    static final String POLICY = "group policy";
    static final String SEND = "send";
    static final String CATCH_UP = "tail";

    private static final int SUITE = 1;

    /// How long to wait for a Welcome: the server sends it right after the session opened.
    private static final Duration MAIL_COMES_WITHIN = Duration.ofSeconds(3);

    private static final Duration MAIL_IS_QUIET_AFTER = Duration.ofMillis(300);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    private final LocalDevice local;
    private final Consumer<String> out;

    DeviceActions(LocalDevice local, Consumer<String> out) {
        this.local = local;
        this.out = out;
    }

    static GroupId groupOf(String name) {
        var bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length > GroupId.BYTES_MAX) {
            throw new CommandFailure("a group's name has 1 to 255 bytes");
        }
        return new GroupId(Bytes.wrap(bytes));
    }

    static String nameOf(GroupId group) {
        return History.printable(new String(group.bytes().toArray(), StandardCharsets.UTF_8));
    }

    void perform(DeviceRequest request) {
        switch (request.verb()) {
            case PUBLISH -> publish(Integer.parseInt(request.first()));
            case COUNT -> count();
            case CREATE -> create(request.first());
            case ADD -> add(request.first(), request.rest());
            case REMOVE -> remove(request.first(), request.rest());
            case LEAVE -> leave(request.first());
            case JOIN -> join(request.first(), false);
            case JOIN_ANEW -> join(request.first(), true);
            case LIST -> list();
            case SHOW -> show(request.first());
            case POLICY -> policy(request.first(), request.rest());
            case SEND -> send(request.first(), String.join(" ", request.rest()));
            case CATCH_UP -> member(request.first());
            default ->
                    throw new CommandFailure(
                            "the running process has another version: " + request.verb());
        }
    }

    private String me() {
        return local.profile().name();
    }

    private void publish(int count) {
        var published = await(local.device().publishKeyPackages(count));
        published.refused().forEach(r -> out.accept("refused: " + r));
        out.accept("%s published %s".formatted(me(), Count.of(published.stored(), "KeyPackage")));
    }

    private void count() {
        var left = await(local.device().client().directory().count());
        if (left.isEmpty()) {
            out.accept(me() + " has no KeyPackages");
        }
        left.forEach((suite, n) -> out.accept("suite %d: %d left".formatted(suite, n)));
    }

    private void create(String name) {
        try {
            await(local.device().createGroup(groupOf(name), GroupPolicy.getDefaultInstance()));
        } catch (CommandFailure e) {
            if (e.isRefusal(Code.GROUP_EXISTS) && local.conversation(name).isPresent()) {
                throw new CommandFailure(
                        "this device has a group of that name, see lockstep group list; choose"
                                + " another name");
            }
            if (e.isRefusal(Code.GROUP_EXISTS)) {
                throw new CommandFailure(
                        "this server has a group \""
                                + name
                                + "\" already; choose another name. If "
                                + me()
                                + " is a member that lost its state, run lockstep group join "
                                + name);
            }
            throw e;
        }
        out.accept("created \"%s\"; its only member is %s".formatted(name, me()));
    }

    private void add(String name, List<String> users) {
        var conversation = member(name);
        var present = new HashSet<>(membersOf(conversation));
        var claimed = new ArrayList<DeviceKeyPackage>();
        for (var user : users) {
            claimed.addAll(claim(user, present));
        }
        if (claimed.isEmpty()) {
            out.accept("all of them are in \"" + name + "\" already");
            return;
        }
        var committed = await(conversation.add(claimed));
        out.accept(
                "added %s: epoch %d, position %d"
                        .formatted(
                                String.join(
                                        ", ",
                                        claimed.stream().map(DeviceKeyPackage::client).toList()),
                                committed.epoch(),
                                committed.position()));
    }

    /// Claims one KeyPackage of each device that is not a member yet.
    private List<DeviceKeyPackage> claim(String user, Set<String> present) {
        int slash = user.indexOf('/');
        if (slash >= 0 && present.contains(user)) {
            return List.of();
        }
        var who = slash < 0 ? user : user.substring(0, slash);
        var device = slash < 0 ? "" : user.substring(slash + 1);
        try {
            var claims =
                    await(local.device().client().directory().claim(who, List.of(SUITE), device));
            claims.missing()
                    .forEach((client, code) -> {
                        if (!present.contains(client)) {
                            throw new CommandFailure(
                                    "%s cannot be added (%s): it has to run lockstep keys publish"
                                            .formatted(client, code));
                        }
                    });
            return claims.claimed().stream().filter(c -> present.add(c.client())).toList();
        } catch (CommandFailure e) {
            if (e.isRefusal(Code.UNKNOWN_CLIENT)) {
                throw new CommandFailure(
                        user
                                + " never published KeyPackages here: it has to run lockstep keys"
                                + " publish");
            }
            throw e;
        }
    }

    private void remove(String name, List<String> who) {
        var conversation = member(name);
        var leaving =
                membersOf(conversation).stream()
                        .filter(m ->
                                who.stream().anyMatch(w -> m.equals(w) || m.startsWith(w + "/")))
                        .toList();
        if (leaving.isEmpty()) {
            throw new CommandFailure("no member of that name is in \"" + name + "\"");
        }
        if (leaving.contains(me())) {
            throw new CommandFailure(
                    "a device cannot remove itself: run lockstep group leave " + name);
        }
        var change = new Change(List.of(), leaving.stream().map(MemberDevice::identityOf).toList());
        var committed = await(conversation.commit(change, List.of(), leaving));
        out.accept(
                "removed %s: epoch %d, position %d"
                        .formatted(
                                String.join(", ", leaving),
                                committed.epoch(),
                                committed.position()));
    }

    private void leave(String name) {
        await(member(name).leave());
        out.accept("%s has left \"%s\"".formatted(me(), name));
    }

    private void join(String name, boolean anew) {
        var known = local.conversation(name);
        if (!anew && known.isPresent() && isMember(known.get())) {
            out.accept("%s is in \"%s\" already".formatted(me(), name));
            return;
        }
        try {
            var conversation = await(local.device().joinExternally(groupOf(name)));
            var standing = await(conversation.caughtUp());
            out.accept(
                    "%s is in \"%s\": epoch %d, position %d"
                            .formatted(me(), name, standing.epoch(), standing.applied()));
        } catch (CommandFailure e) {
            if (e.isRefusal(Code.UNKNOWN_GROUP)) {
                throw new CommandFailure("this server has no group \"" + name + "\"");
            }
            if (e.isRefusal(Code.JOIN_NOT_ALLOWED)
                    || e.isRefusal(Code.NOT_A_MEMBER)
                    || e.isRefusal(Code.REMOVED)) {
                throw new CommandFailure(
                        "%s may not join \"%s\" by itself: a member has to run lockstep group add"
                                .formatted(me(), name));
            }
            throw e;
        }
    }

    private static boolean isMember(Conversation conversation) {
        try {
            var standing = conversation.caughtUp().block(Duration.ofSeconds(30));
            return standing != null && !standing.removed();
        } catch (RefusedException e) {
            return false;
        }
    }

    private void list() {
        awaitMail();
        var all = await(local.device().onEngine(() -> local.device().conversations()));
        if (all.isEmpty()) {
            out.accept(me() + " is in no group");
        }
        for (var conversation : all) {
            out.accept(nameOf(conversation.id()) + "  " + summary(conversation));
        }
    }

    /// A group that the device cannot follow, such as a deleted one, does not hide the others.
    private String summary(Conversation conversation) {
        try {
            var standing = await(conversation.caughtUp());
            return standing.removed()
                    ? "(not a member any more)"
                    : "epoch %d, %s"
                            .formatted(
                                    standing.epoch(),
                                    Count.of(membersOf(conversation).size(), "member"));
        } catch (CommandFailure e) {
            return "(" + e.getMessage() + ")";
        }
    }

    private void show(String name) {
        var conversation = member(name);
        var standing = await(conversation.standing());
        out.accept("group          " + History.printable(name));
        out.accept("state          " + stateOf(conversation));
        out.accept("epoch          " + standing.epoch());
        out.accept("position       " + standing.applied());
        out.accept("authenticator  " + standing.epochAuthenticator().hex());
        membersOf(conversation)
                .forEach(m ->
                        out.accept(
                                "member         "
                                        + History.printable(m)
                                        + (m.equals(me()) ? " (this device)" : "")));
    }

    /// Shows the policy, after a change if one is requested.
    private void policy(String name, List<String> change) {
        var conversation = member(name);
        if (!change.isEmpty()) {
            try {
                await(conversation.setPolicy(PolicyText.parse(change)));
            } catch (CommandFailure e) {
                if (e.isRefusal(Code.POLICY_CHANGE_NOT_ALLOWED)) {
                    throw new CommandFailure(
                            "the policy of \"%s\" does not let %s change it".formatted(name, me()));
                }
                throw e;
            }
        }
        var group = await(local.device().client().directory().group(conversation.id()));
        PolicyText.lines(group.policy()).forEach(out);
    }

    /// In the words of `groups show`, which is the operator's.
    private String stateOf(Conversation conversation) {
        var broken = await(local.device().onEngine(conversation::brokenAt));
        return broken.isEmpty()
                ? "healthy"
                : "broken: rejected, this device cannot process the commit at position "
                        + broken.getAsLong();
    }

    private void send(String name, String text) {
        var conversation = member(name);
        var accepted = await(conversation.send(Bytes.wrap(text.getBytes(StandardCharsets.UTF_8))));
        await(conversation.reached(accepted.position()));
        out.accept("sent at position " + accepted.position());
    }

    private List<String> membersOf(Conversation conversation) {
        return await(
                local.device()
                        .onEngine(() ->
                                conversation.members().stream()
                                        .map(MemberDevice::nameOf)
                                        .toList()));
    }

    /// Returns the group, caught up, if the device is in it or a Welcome to it is waiting.
    Conversation member(String name) {
        var conversation =
                waitFor(MAIL_COMES_WITHIN, () -> local.conversation(name))
                        .orElseThrow(() -> new CommandFailure(notInGroup(name)));
        var standing = await(conversation.caughtUp());
        if (standing.removed()) {
            // The device was removed. A Welcome that adds it again may be on its way.
            awaitMail();
            standing = await(conversation.caughtUp());
        }
        if (standing.removed()) {
            throw new CommandFailure(
                    "%s is not in \"%s\" any more: it left, or was removed".formatted(me(), name));
        }
        return conversation;
    }

    private void awaitMail() {
        waitFor(MAIL_IS_QUIET_AFTER, Optional::empty);
    }

    private <T> Optional<T> waitFor(Duration most, Supplier<Optional<T>> look) {
        long end = System.nanoTime() + most.toNanos();
        while (true) {
            var found = look.get();
            if (found.isPresent() || System.nanoTime() >= end) {
                return found;
            }
            PollDelay.of(LOOK_AGAIN);
        }
    }

    private String notInGroup(String name) {
        return me()
                + " is not in \""
                + name
                + "\": if it lost its state, or "
                + local.profile().user()
                + " has another device in it, run lockstep group join "
                + name
                + "; else a member has to add it";
    }
}
