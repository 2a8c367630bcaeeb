package io.lockstep.e2e;

import io.lockstep.client.CommitBundle;
import io.lockstep.client.member.Conversation;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.TreeLocation;
import io.lockstep.client.mls.MlsIdentity.ExternalCommit;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/// Makes commits that a Delivery Service accepts and no member can process. It damages the author's
/// Bouncy Castle group, which is of no use afterwards. Confined to the engine thread.
final class JunkCommits {
    private static final int RANDOM_BYTES = 250;

    /// A vector of 32 bytes at the end of a PublicMessage of a client that joins by itself.
    private static final int CONFIRMATION_TAG_BYTES = 33;

    /// The signature before it, with its two bytes of length.
    private static final int SIGNATURE_BYTES = 66;

    enum Kind {
        /// Not even a ciphertext.
        RANDOM_BYTES,
        /// The path is encrypted to keys that nobody has.
        UNDECRYPTABLE_PATH,
        /// The author has another key schedule than the others.
        WRONG_CONFIRMATION_TAG
    }

    private JunkCommits() {}

    /// A commit of a member. If it is a whole message, it has a valid GroupInfo.
    static CommitBundle ofMember(
            Kind kind, Conversation author, List<String> add, List<String> remove) {
        var group = groupOf(author);
        return switch (kind) {
            case RANDOM_BYTES -> random(author.id(), author.epoch(), add, remove);
            case UNDECRYPTABLE_PATH -> {
                var current = field(group, "current");
                var nodes = (List<?>) field(field(current, "tree"), "nodes");
                for (var each : nodes) {
                    damageKey(each);
                }
                yield staged(author.id(), group, add, remove);
            }
            case WRONG_CONFIRMATION_TAG -> {
                var schedule = field(field(group, "current"), "keySchedule");
                ((byte[]) field(field(schedule, "initSecret"), "value"))[0] ^= 1;
                yield staged(author.id(), group, add, remove);
            }
        };
    }

    private static void damageKey(Object optionalNode) {
        var node = fieldOrNull(optionalNode, "node");
        if (node == null) {
            return;
        }
        var leaf = fieldOrNull(node, "leafNode");
        var key =
                leaf != null
                        ? (byte[]) field(leaf, "encryption_key")
                        : (byte[]) field(field(node, "parentNode"), "encryptionKey");
        key[0] ^= 1;
    }

    private static CommitBundle staged(
            GroupId id, MlsGroup group, List<String> add, List<String> remove) {
        var staged = group.stage(Change.NONE, TreeLocation.INSIDE);
        return new CommitBundle(
                id, staged.commit(), Bytes.EMPTY, staged.groupInfo(), Bytes.EMPTY, add, remove, 0);
    }

    /// A commit of a client that joins by itself, made from a valid one.
    static CommitBundle ofJoiner(Kind kind, GroupId id, long epoch, ExternalCommit valid) {
        var bytes = valid.commit().toArray();
        var commit =
                switch (kind) {
                    case RANDOM_BYTES -> MlsBytes.externalCommit(id, epoch, "junk");
                    case UNDECRYPTABLE_PATH -> {
                        bytes[bytes.length - CONFIRMATION_TAG_BYTES - SIGNATURE_BYTES - 1] ^= 1;
                        yield Bytes.wrap(bytes);
                    }
                    case WRONG_CONFIRMATION_TAG -> {
                        bytes[bytes.length - 1] ^= 1;
                        yield Bytes.wrap(bytes);
                    }
                };
        return new CommitBundle(
                id, commit, Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY, List.of(), List.of(), 0);
    }

    static CommitBundle random(GroupId id, long epoch, List<String> add, List<String> remove) {
        var random = new byte[RANDOM_BYTES];
        new Random(epoch).nextBytes(random);
        return new CommitBundle(
                id,
                MlsBytes.privateMessage(id, epoch, ContentType.COMMIT, Bytes.wrap(random)),
                Bytes.EMPTY,
                Bytes.EMPTY,
                Bytes.EMPTY,
                add,
                remove,
                0);
    }

    private static MlsGroup groupOf(Conversation conversation) {
        return (MlsGroup) field(conversation, "group");
    }

    private static Object field(Object of, String name) {
        return Objects.requireNonNull(fieldOrNull(of, name), name);
    }

    private static @org.jspecify.annotations.Nullable Object fieldOrNull(Object of, String name) {
        try {
            Field field = of.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("another version of Bouncy Castle's MLS", e);
        }
    }
}
