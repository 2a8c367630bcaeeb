package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.TlsWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/// Creates valid messages of every kind and shape, from a seed: their keys, signatures and
/// ciphertexts are random bytes.
public final class MessageGenerator {
    private final Random random;

    public MessageGenerator(long seed) {
        this.random = new Random(seed);
    }

    /// One of every shape, by name.
    public static Map<String, Bytes> all(long seed) {
        var make = new MessageGenerator(seed);
        var all = new LinkedHashMap<String, Bytes>();
        all.put("private-application", make.privateMessage(1, 100));
        all.put("private-proposal", make.privateMessage(2, 70));
        all.put("private-commit", make.privateMessage(3, 300));
        all.put("private-long", make.privateMessage(1, 20_000));
        all.put("public-add", make.publicProposal(1, 1));
        all.put("public-update", make.publicProposal(1, 2));
        all.put("public-remove", make.publicProposal(2, 3));
        all.put("public-psk-external", make.publicProposal(1, 4));
        all.put("public-reinit", make.publicProposal(1, 5));
        all.put("public-external-init", make.publicProposal(1, 6));
        all.put("public-extensions", make.publicProposal(2, 7));
        all.put("public-new-member", make.publicProposal(3, 1));
        all.put("public-commit", make.publicCommit(1));
        all.put("public-external-commit", make.publicCommit(4));
        all.put("welcome-1", make.welcome(1));
        all.put("welcome-7", make.welcome(7));
        all.put("group-info", make.groupInfo());
        for (int suite = 1; suite <= 7; suite++) {
            all.put("key-package-suite-" + suite, make.keyPackageMessage(suite));
        }
        return all;
    }

    public Bytes privateMessage(int contentType, int ciphertextBytes) {
        return message(
                2,
                out -> {
                    groupAndEpoch(out);
                    out.writeByte(contentType);
                    opaque(out, random.nextInt(20));
                    opaque(out, 28);
                    opaque(out, ciphertextBytes);
                });
    }

    public Bytes publicProposal(int senderType, int proposalType) {
        return publicMessage(senderType, 2, out -> proposal(out, proposalType));
    }

    public Bytes publicCommit(int senderType) {
        return publicMessage(senderType, 3, this::commit);
    }

    public Bytes publicMessage(int senderType, int contentType, Consumer<ByteBuf> content) {
        return message(
                1,
                out -> {
                    groupAndEpoch(out);
                    out.writeByte(senderType);
                    if (senderType <= 2) {
                        out.writeInt(random.nextInt(1000));
                    }
                    opaque(out, random.nextInt(20));
                    out.writeByte(contentType);
                    content.accept(out);
                    opaque(out, 64);
                    if (contentType == 3) {
                        opaque(out, 32);
                    }
                    if (senderType == 1) {
                        opaque(out, 32);
                    }
                });
    }

    public void proposal(ByteBuf out, int type) {
        out.writeShort(type);
        switch (type) {
            case 1 -> bareKeyPackage(out, 1, 1);
            case 2 -> leafNode(out, 2);
            case 3 -> out.writeInt(random.nextInt(1000));
            case 4 -> {
                if (random.nextBoolean()) {
                    out.writeByte(1);
                    opaque(out, 16);
                } else {
                    out.writeByte(2).writeByte(1 + random.nextInt(3));
                    opaque(out, 16);
                    out.writeLong(random.nextLong());
                }
                opaque(out, 32);
            }
            case 5 -> {
                opaque(out, 16);
                out.writeShort(1).writeShort(2);
                extensions(out);
            }
            case 6 -> opaque(out, 32);
            case 7 -> extensions(out);
            default -> out.writeBytes(bytes(random.nextInt(40)));
        }
    }

    public void commit(ByteBuf out) {
        vector(
                out,
                list -> {
                    for (int type = 1; type <= 7; type++) {
                        list.writeByte(1);
                        proposal(list, type);
                        list.writeByte(2);
                        opaque(list, 32);
                    }
                });
        out.writeByte(1);
        leafNode(out, 3);
        vector(
                out,
                nodes -> {
                    for (int i = 0; i < 3; i++) {
                        opaque(nodes, 32);
                        vector(
                                nodes,
                                ciphertexts -> {
                                    for (int j = 0; j < 2; j++) {
                                        opaque(ciphertexts, 32);
                                        opaque(ciphertexts, 48);
                                    }
                                });
                    }
                });
    }

    public Bytes welcome(int joiners) {
        return message(
                3,
                out -> {
                    out.writeShort(1);
                    vector(
                            out,
                            secrets -> {
                                for (int i = 0; i < joiners; i++) {
                                    opaque(secrets, 32);
                                    opaque(secrets, 32);
                                    opaque(secrets, 84);
                                }
                            });
                    opaque(out, 500);
                });
    }

    public Bytes groupInfo() {
        return message(
                4,
                out -> {
                    out.writeShort(1).writeShort(1);
                    groupAndEpoch(out);
                    opaque(out, 32);
                    opaque(out, 32);
                    extensions(out);
                    vector(
                            out,
                            list -> {
                                list.writeShort(2);
                                opaque(list, 200);
                                list.writeShort(4);
                                opaque(list, 33);
                            });
                    opaque(out, 32);
                    out.writeInt(random.nextInt(1000));
                    opaque(out, 64);
                });
    }

    public Bytes keyPackageMessage(int suite) {
        return message(5, out -> bareKeyPackage(out, suite, 1 + random.nextInt(2)));
    }

    public Bytes bareKeyPackage(int suite) {
        var out = Unpooled.buffer();
        bareKeyPackage(out, suite, 1);
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    public void bareKeyPackage(ByteBuf out, int suite, int credentialType) {
        bareKeyPackage(out, suite, credentialType, this::extensions);
    }

    public void bareKeyPackage(
            ByteBuf out, int suite, int credentialType, Consumer<ByteBuf> extensions) {
        out.writeShort(1).writeShort(suite);
        opaque(out, suite == 5 ? 133 : 32);
        leafNode(out, 1, credentialType);
        extensions.accept(out);
        opaque(out, 64);
    }

    public void leafNode(ByteBuf out, int source) {
        leafNode(out, source, 1 + random.nextInt(2));
    }

    private void leafNode(ByteBuf out, int source, int credentialType) {
        opaque(out, 32);
        opaque(out, 32);
        out.writeShort(credentialType);
        if (credentialType == 2) {
            vector(
                    out,
                    chain -> {
                        opaque(chain, 300);
                        opaque(chain, 400);
                    });
        } else {
            opaque(out, 12);
        }
        for (int i = 0; i < 5; i++) {
            opaque(out, 2 * random.nextInt(5));
        }
        out.writeByte(source);
        if (source == 1) {
            out.writeLong(1_000_000).writeLong(-1);
        } else if (source == 3) {
            opaque(out, 32);
        }
        extensions(out);
        opaque(out, 64);
    }

    public void extensions(ByteBuf out) {
        vector(
                out,
                list -> {
                    for (int i = random.nextInt(3); i > 0; i--) {
                        list.writeShort(0xf000 + i);
                        opaque(list, random.nextInt(100));
                    }
                });
    }

    private void groupAndEpoch(ByteBuf out) {
        opaque(out, 1 + random.nextInt(32));
        out.writeLong(random.nextInt(1_000_000));
    }

    public static Bytes message(int wireFormat, Consumer<ByteBuf> body) {
        var out = Unpooled.buffer();
        out.writeShort(1).writeShort(wireFormat);
        body.accept(out);
        return Bytes.copyOf(out, 0, out.readableBytes());
    }

    public static void vector(ByteBuf out, Consumer<ByteBuf> content) {
        var inner = Unpooled.buffer();
        content.accept(inner);
        TlsWriter.writeLength(out, inner.readableBytes());
        out.writeBytes(inner);
    }

    public void opaque(ByteBuf out, int length) {
        TlsWriter.writeOpaque(out, Bytes.wrap(bytes(length)));
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }
}
