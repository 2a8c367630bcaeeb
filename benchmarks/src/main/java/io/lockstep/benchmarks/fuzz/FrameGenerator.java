package io.lockstep.benchmarks.fuzz;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.SampleFrames;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.MessageGenerator;
import io.lockstep.wire.mls.MlsBytes;
import io.lockstep.wire.proto.Ack;
import io.lockstep.wire.proto.Attach;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Cursor;
import io.lockstep.wire.proto.Detach;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.Hello;
import io.lockstep.wire.proto.InboxAck;
import io.lockstep.wire.proto.Pong;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.ServerFrame;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/// Generates the frames of one session: mostly valid requests of a client, some with random fields,
/// some with changed bytes inside. All frames can be decoded.
///
/// Its groups are its own, some that all sessions share, and some that do not exist. It counts the
/// epoch of its own group as if every commit were accepted.
final class FrameGenerator {
    private static final List<ContentType> KINDS = List.of(ContentType.values());
    private static final int SHARED_GROUPS = 16;
    private static final List<byte[]> MADE =
            MessageGenerator.all(1).values().stream().map(bytes -> bytes.toArray()).toList();
    private static final List<ClientFrame> SAMPLES =
            SampleFrames.client().stream().filter(frame -> !frame.hasHello()).toList();

    private final Random random;
    private final byte[] ownGroup;
    private final String user;
    private long epoch;
    private long requests;

    FrameGenerator(Random random, String user) {
        this.random = random;
        this.user = user;
        ownGroup = ("of " + user).getBytes(StandardCharsets.UTF_8);
    }

    ClientFrame hello() {
        var hello = Hello.newBuilder().setToken("dev:" + user + "/d").setAgent("fuzz");
        for (int i = random.nextInt(4) - 1; i > 0; i--) {
            hello.addResume(attach());
        }
        return ClientFrame.newBuilder().setHello(hello).build();
    }

    /// The first frame, which makes later frames more likely to have an effect.
    ClientFrame first() {
        return frame().setCreate(Create.newBuilder().setGroupId(ByteString.copyFrom(ownGroup)))
                .build();
    }

    ClientFrame next() {
        int kind = random.nextInt(1_000);
        if (kind < 150) {
            return frame().setSend(send(ContentType.APPLICATION)).build();
        } else if (kind < 190) {
            return frame().setSend(send(ContentType.PROPOSAL)).build();
        } else if (kind < 240) {
            return frame().setCommit(commit()).build();
        } else if (kind < 320) {
            return frame().setAttach(attach()).build();
        } else if (kind < 420) {
            return frame().setDetach(Detach.newBuilder().setGroupId(group())).build();
        } else if (kind < 620) {
            return frame().setAck(Ack.newBuilder().setGroupId(group()).setPosition(number()))
                    .build();
        } else if (kind < 650) {
            return frame().setInboxAck(InboxAck.newBuilder().addId(bytes(16))).build();
        } else if (kind < 850) {
            return frame().setPong(Pong.newBuilder().setNonce(random.nextLong())).build();
        } else if (kind < 860) {
            return frame().setCreate(create()).build();
        } else if (kind < 900) {
            return SAMPLES.get(random.nextInt(SAMPLES.size())).toBuilder()
                    .setRequestId(++requests)
                    .build();
        }
        return anything();
    }

    /// Any field of any kind of frame except hello, which would end the session.
    private ClientFrame anything() {
        var kinds =
                ClientFrame.getDescriptor().getFields().stream()
                        .filter(field ->
                                field.getType() == FieldDescriptor.Type.MESSAGE
                                        && !field.getName().equals("hello"))
                        .toList();
        var frame = frame();
        var kind = kinds.get(random.nextInt(kinds.size()));
        var body = frame.newBuilderForField(kind);
        fill(body, 0);
        return frame.setField(kind, body.build()).build();
    }

    private void fill(Message.Builder message, int depth) {
        for (var field : message.getDescriptorForType().getFields()) {
            if (random.nextInt(3) == 0) {
                continue;
            }
            if (field.isRepeated()) {
                for (int i = random.nextInt(4); i > 0; i--) {
                    message.addRepeatedField(field, value(message, field, depth));
                }
            } else {
                message.setField(field, value(message, field, depth));
            }
        }
    }

    private Object value(Message.Builder message, FieldDescriptor field, int depth) {
        return switch (field.getJavaType()) {
            case INT -> (int) number();
            case LONG -> number();
            case BOOLEAN -> random.nextBoolean();
            case STRING -> string();
            case BYTE_STRING -> random.nextInt(3) == 0 ? group() : message();
            case ENUM -> {
                var values = field.getEnumType().getValues();
                yield values.get(random.nextInt(values.size()));
            }
            case MESSAGE -> {
                var inner = message.newBuilderForField(field);
                if (depth < 4) {
                    fill(inner, depth + 1);
                }
                yield inner.build();
            }
            case FLOAT -> random.nextFloat();
            case DOUBLE -> random.nextDouble();
        };
    }

    private ClientFrame.Builder frame() {
        return ClientFrame.newBuilder().setRequestId(++requests);
    }

    private Send.Builder send(ContentType kind) {
        return Send.newBuilder()
                .setMessage(changed(privateMessage(kind)))
                .setEphemeral(random.nextInt(8) == 0);
    }

    private ByteString privateMessage(ContentType kind) {
        boolean own = random.nextInt(4) > 0;
        long at = own ? epoch - (random.nextInt(6) == 0 ? random.nextInt(3) : 0) : number();
        return MlsBytes.privateMessage(
                        own ? Bytes.wrap(ownGroup) : Bytes.of(group()),
                        at,
                        kind,
                        random.nextLong(),
                        random.nextInt(40) == 0 ? random.nextInt(70_000) : random.nextInt(300))
                .asByteString();
    }

    private Commit.Builder commit() {
        var commit = Commit.newBuilder();
        if (random.nextInt(4) > 0) {
            commit.setMessage(
                    MlsBytes.privateMessage(
                                    Bytes.wrap(ownGroup),
                                    epoch++,
                                    ContentType.COMMIT,
                                    random.nextLong(),
                                    100)
                            .asByteString());
        } else {
            commit.setMessage(message());
        }
        if (random.nextInt(4) == 0) {
            commit.setGroupInfo(message());
        }
        if (random.nextInt(4) == 0) {
            commit.setWelcome(
                    MlsBytes.welcome(MlsBytes.random(100), Bytes.of(bytes(32))).asByteString());
        }
        if (random.nextInt(2) == 0) {
            var change = RosterChange.newBuilder();
            for (int i = random.nextInt(5); i > 0; i--) {
                change.addAdd(random.nextInt(8) == 0 ? string() : "u" + random.nextInt(99) + "/d");
                change.addRemove("u" + random.nextInt(99) + "/d");
            }
            commit.setRosterChange(change);
        }
        return commit.setKnownPosition(random.nextInt(3) == 0 ? number() : 0);
    }

    private Create.Builder create() {
        var create =
                Create.newBuilder()
                        .setGroupId(group())
                        .setPolicy(
                                GroupPolicy.newBuilder()
                                        .setExternalJoinValue(random.nextInt(4))
                                        .setPastEpochs(random.nextInt(18)));
        if (random.nextInt(8) == 0) {
            create.setEpoch(number());
        }
        if (random.nextInt(4) == 0) {
            create.setGroupInfo(message()).setRatchetTree(bytes(40));
        }
        return create;
    }

    private Attach.Builder attach() {
        var cursor = Cursor.newBuilder().setGroupId(group());
        if (random.nextInt(3) == 0) {
            cursor.setIncarnation(bytes(16)).setPosition(number()).setHead(bytes(32));
        }
        return Attach.newBuilder()
                .setCursor(cursor)
                .setWindow(random.nextInt(4) == 0 ? random.nextInt(50) : 0);
    }

    private ByteString group() {
        int kind = random.nextInt(100);
        if (kind < 60) {
            return ByteString.copyFrom(ownGroup);
        } else if (kind < 85) {
            return ByteString.copyFromUtf8("shared " + random.nextInt(SHARED_GROUPS));
        } else if (kind < 90) {
            return ByteString.copyFromUtf8(HonestSession.GROUP);
        }
        return bytes(random.nextInt(300));
    }

    /// An MLS message of any kind, unchanged or with a few changed bytes.
    private ByteString message() {
        if (random.nextInt(3) == 0) {
            return changed(privateMessage(KINDS.get(random.nextInt(KINDS.size()))));
        }
        return changed(ByteString.copyFrom(MADE.get(random.nextInt(MADE.size()))));
    }

    private ByteString changed(ByteString message) {
        return random.nextInt(10) == 0
                ? ByteString.copyFrom(Mutator.mutate(random, message.toByteArray()))
                : message;
    }

    private ByteString bytes(int usually) {
        var bytes = new byte[random.nextInt(10) == 0 ? random.nextInt(300) : usually];
        random.nextBytes(bytes);
        return ByteString.copyFrom(bytes);
    }

    private String string() {
        return switch (random.nextInt(6)) {
            case 0 -> "";
            case 1 -> user + "/d";
            case 2 -> "../\u0000\u202e\ud83d\ude00";
            case 3 -> "a".repeat(random.nextInt(2_000));
            case 4 -> "dev:u1/d";
            default -> Long.toString(random.nextLong(), 36) + "/" + random.nextInt(9);
        };
    }

    private long number() {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextLong();
            case 1 -> Long.MAX_VALUE - random.nextInt(2);
            case 2 -> -1 - random.nextInt(2);
            case 3 -> 1L << random.nextInt(64);
            default -> random.nextInt(40);
        };
    }

    /// Whether the server must answer with the frame's request id: only submissions have one.
    static boolean isSubmission(ClientFrame frame) {
        return frame.getRequestId() != 0
                && (frame.hasCreate() || frame.hasSend() || frame.hasCommit());
    }

    static boolean isAnswer(ServerFrame frame) {
        return frame.hasAccepted() || frame.hasRefused();
    }
}
