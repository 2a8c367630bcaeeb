package io.lockstep.benchmarks.attacks;

import com.google.protobuf.ByteString;
import io.lockstep.benchmarks.attacks.AttackCatalog.Simple;
import io.lockstep.benchmarks.raw.Connector;
import io.lockstep.benchmarks.raw.RawSession;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.ServerFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Attacks in which one user makes a group's roster grow, or the inboxes of clients that its
/// commits name.
final class GroupAttacks {
    private static final int ROSTER_COMMITS = 3;
    private static final int ROSTER_NAMES = 65_536;
    private static final int OUTSIDERS = 5;
    private static final int MAIL_COMMITS = 3_000;
    private static final int SUBMISSION_OVERHEAD_BYTES = 60_000;
    private static final int WELCOMED_GROUPS = 500;
    private static final int IN_FLIGHT = 32;
    private static final Pattern REF = Pattern.compile("\"ref\":\"([^\"]+)\"");

    private GroupAttacks() {}

    static List<Attack> all() {
        return List.of(
                new Simple(
                        "rosters",
                        "3 commits that add 65,536 unknown names each; outsiders attach at"
                                + " the same time",
                        GroupAttacks::rosters),
                new Simple(
                        "mail-flood",
                        "3,000 commits with a Welcome of 60 kB for one KeyPackage; its owner then"
                                + " connects",
                        GroupAttacks::inboxFlood),
                new Simple(
                        "welcome-groups",
                        "one claimed KeyPackage in the Welcomes of 500 groups",
                        GroupAttacks::welcomeIntoManyGroups));
    }

    private static void welcomeIntoManyGroups(AttackContext context) throws IOException {
        var welcome = welcome(claimedRef(context, "guest", "inviter"), 2_000);
        var session =
                RawSession.upgrade(context.connect(), io.lockstep.wire.frame.FrameFormat.PROTO);
        session.socket().setSoTimeout(10_000);
        session.hello("dev:inviter/phone");
        long begun = System.nanoTime();
        for (int i = 0; i < WELCOMED_GROUPS && !context.isOver(); i++) {
            var group = ("welcome-groups " + i).getBytes(StandardCharsets.UTF_8);
            create(session, group);
            var commit =
                    Commit.newBuilder()
                            .setMessage(
                                    MlsBytes.commit(new GroupId(Bytes.wrap(group)), 0, i, 300)
                                            .asByteString())
                            .setWelcome(welcome);
            session.send(ClientFrame.newBuilder().setRequestId(i + 2).setCommit(commit).build());
            context.count("commits: " + answer(session, i + 2));
        }
        context.note(
                "all groups, millis", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
        var inbox =
                context.call("guest/phone", "GET", "/v1/inbox", "application/json", new byte[0]);
        context.note("the owner's inbox", inbox.body());
    }

    /// Publishes a KeyPackage of `owner/phone` and claims it for `claimer/phone`.
    private static Bytes claimedRef(AttackContext context, String owner, String claimer)
            throws IOException {
        context.call(
                owner + "/phone",
                "POST",
                "/v1/key-packages",
                "message/mls",
                new KeyPackageGenerator().next(owner, 0));
        var claimed =
                context.call(
                        claimer + "/phone",
                        "POST",
                        "/v1/users/" + owner + "/key-packages/claim",
                        "application/json",
                        "{\"suites\":[1]}".getBytes(StandardCharsets.UTF_8));
        var found = REF.matcher(claimed.body());
        if (!found.find()) {
            throw new IOException("nothing claimed: " + claimed.status());
        }
        return Bytes.wrap(Base64.getUrlDecoder().decode(found.group(1)));
    }

    private static ByteString welcome(Bytes ref, int bytes) {
        return MlsBytes.welcome(MlsBytes.random(bytes), ref).asByteString();
    }

    private static void rosters(AttackContext context) throws IOException {
        var group = "rosters".getBytes(StandardCharsets.UTF_8);
        var session =
                RawSession.upgrade(context.connect(), io.lockstep.wire.frame.FrameFormat.PROTO);
        session.socket().setSoTimeout(20_000);
        session.hello("dev:roster/phone");
        context.count("create: " + create(session, group));
        for (int epoch = 0; epoch < ROSTER_COMMITS && !context.isOver(); epoch++) {
            int round = epoch;
            var add =
                    IntStream.range(0, ROSTER_NAMES)
                            .mapToObj(i -> Integer.toString(round * ROSTER_NAMES + i, 36) + "x/d")
                            .toList();
            var commit =
                    Commit.newBuilder()
                            .setMessage(
                                    MlsBytes.commit(
                                                    new GroupId(Bytes.wrap(group)),
                                                    epoch,
                                                    epoch,
                                                    300)
                                            .asByteString())
                            .setRosterChange(RosterChange.newBuilder().addAllAdd(add));
            session.send(
                    ClientFrame.newBuilder().setRequestId(epoch + 10).setCommit(commit).build());
            context.count("commits: " + answer(session, epoch + 10));
        }
        context.together(
                OUTSIDERS,
                number -> {
                    for (int i = 0; i < 3 && !context.isOver(); i++) {
                        context.count("attach: " + attach(context, number, group));
                    }
                });
        context.untilOver();
    }

    private static String attach(AttackContext context, int number, byte[] group) {
        long begun = System.nanoTime();
        try (var outsider =
                RawSession.open(
                        Connector.plain(context.server().port()),
                        AttackContext.ATTACKER,
                        "dev:outsider" + number + "/phone",
                        20_000)) {
            outsider.send(FloodAttacks.attach(ByteString.copyFrom(group)));
            for (; ; ) {
                var frame = outsider.receive();
                if (frame.hasRefused()) {
                    context.note(
                            "longest attach, millis",
                            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
                    return frame.getRefused().getCode();
                }
            }
        } catch (IOException e) {
            return LatencyProbe.describe(e);
        }
    }

    static String create(RawSession session, byte[] group) throws IOException {
        session.send(
                ClientFrame.newBuilder()
                        .setRequestId(1)
                        .setCreate(Create.newBuilder().setGroupId(ByteString.copyFrom(group)))
                        .build());
        return answer(session, 1);
    }

    static String answer(RawSession session, long requestId) throws IOException {
        for (; ; ) {
            var frame = session.receive();
            if (frame.getRequestId() == requestId) {
                return outcome(frame);
            }
        }
    }

    private static String outcome(ServerFrame frame) {
        return frame.hasRefused() ? frame.getRefused().getCode() : "accepted";
    }

    private static void inboxFlood(AttackContext context) throws IOException {
        var welcome =
                welcome(claimedRef(context, "addressee", "flooder"), SUBMISSION_OVERHEAD_BYTES);
        flood(context, welcome);
        try (var addressee =
                new LatencyProbe(
                        "addressee",
                        1_000,
                        () -> {
                            try (var session =
                                    RawSession.open(
                                            Connector.plain(context.server().port()),
                                            "127.0.0.4",
                                            "dev:addressee/phone",
                                            5_000)) {
                                while (!session.receive().hasInbox()) {
                                    context.count("the addressee's other frames");
                                }
                            }
                        })) {
            addressee.latencies().enter(AttackPhase.DURING);
            context.untilOver();
            context.note(
                    "addressee's hello and first mail",
                    addressee.latencies().report(AttackPhase.DURING));
        }
    }

    /// Sends commits without waiting for each answer, for at most two thirds of the attack's time.
    private static void flood(AttackContext context, ByteString welcome) throws IOException {
        var group = "mail-flood".getBytes(StandardCharsets.UTF_8);
        var session =
                RawSession.upgrade(context.connect(), io.lockstep.wire.frame.FrameFormat.PROTO);
        session.socket().setSoTimeout(10_000);
        session.hello("dev:flooder/phone");
        create(session, group);
        var places = new Semaphore(IN_FLIGHT);
        var accepted = new AtomicLong();
        var reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                for (; ; ) {
                                    var frame = session.receive();
                                    if (frame.getRequestId() > 0) {
                                        context.count("commits: " + outcome(frame));
                                        accepted.addAndGet(frame.hasAccepted() ? 1 : 0);
                                        places.release();
                                    }
                                }
                            } catch (IOException e) {
                                context.count("flooder: " + LatencyProbe.describe(e));
                                places.release(MAIL_COMMITS);
                            }
                        });
        long until = System.nanoTime() + context.nanosLeft() * 2 / 3;
        for (int epoch = 0; epoch < MAIL_COMMITS && reader.isAlive(); epoch++) {
            if (System.nanoTime() > until) {
                break;
            }
            places.acquireUninterruptibly();
            var commit =
                    Commit.newBuilder()
                            .setMessage(
                                    MlsBytes.commit(
                                                    new GroupId(Bytes.wrap(group)),
                                                    epoch,
                                                    epoch,
                                                    300)
                                            .asByteString())
                            .setWelcome(welcome);
            session.send(
                    ClientFrame.newBuilder().setRequestId(epoch + 2).setCommit(commit).build());
        }
        context.note("mail filed, MB", accepted.get() * welcome.size() / 1_000_000);
    }
}
