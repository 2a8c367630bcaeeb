package io.lockstep.gateway.submission;

import io.lockstep.log.BlobReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.proto.Commit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a commit comes with.
record CommitParts(
        Part message, Optional<Part> welcome, Optional<Part> groupInfo, Optional<Part> tree) {
    static CommitParts of(PartFields fields, Commit commit) throws RefusalException {
        var message = fields.part(commit.getMessage(), commit.getMessageReference(), "message");
        if (message.isEmpty()) {
            throw new RefusalException(Code.MALFORMED_MESSAGE, "message: empty");
        }
        return new CommitParts(
                message.get(),
                fields.part(commit.getWelcome(), commit.getWelcomeReference(), "welcome"),
                fields.part(commit.getGroupInfo(), commit.getGroupInfoReference(), "group_info"),
                fields.part(
                        commit.getRatchetTree(), commit.getRatchetTreeReference(), "ratchet_tree"));
    }

    /// Whether nothing of it has to be fetched or stored first.
    boolean areHere() {
        return references().isEmpty() && tree.isEmpty();
    }

    Bytes bytes(Reading.Contents contents) {
        return message.bytes(contents);
    }

    List<BlobReference> references() {
        return Stream.of(Optional.of(message), welcome, groupInfo, tree)
                .flatMap(Optional::stream)
                .filter(Part.Apart.class::isInstance)
                .map(part -> ((Part.Apart) part).reference())
                .distinct()
                .toList();
    }

    Optional<Bytes> inlineTree() {
        return tree.filter(Part.Here.class::isInstance).map(part -> ((Part.Here) part).bytes());
    }

    /// A tree is always kept apart: many fetch it, from whichever node.
    Optional<BlobReference> treeReference() {
        return tree.map(part ->
                switch (part) {
                    case Part.Here(var bytes) -> Reading.reference(bytes);
                    case Part.Apart(var reference) -> reference;
                });
    }
}
