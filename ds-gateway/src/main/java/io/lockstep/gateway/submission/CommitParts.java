package io.lockstep.gateway.submission;

import io.lockstep.log.BlobReference;
import io.lockstep.log.PartContent;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.proto.Commit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The parts of a `commit`.
record CommitParts(
        PartContent message,
        Optional<PartContent> welcome,
        Optional<PartContent> groupInfo,
        Optional<PartContent> tree) {
    static CommitParts of(PartReader fields, Commit commit) throws RefusalException {
        var message = fields.content(commit.getMessage(), commit.getMessageReference(), "message");
        if (message.isEmpty()) {
            throw new RefusalException(Code.MALFORMED_MESSAGE, "message: empty");
        }
        return new CommitParts(
                message.get(),
                fields.content(commit.getWelcome(), commit.getWelcomeReference(), "welcome"),
                fields.content(commit.getGroupInfo(), commit.getGroupInfoReference(), "group_info"),
                fields.content(
                        commit.getRatchetTree(), commit.getRatchetTreeReference(), "ratchet_tree"));
    }

    /// Whether no part must be fetched or stored first.
    boolean areHere() {
        return references().isEmpty() && tree.isEmpty();
    }

    Bytes bytes(ParsedSubmission.FetchedBlobs contents) {
        return contents.of(message);
    }

    List<BlobReference> references() {
        return Stream.of(Optional.of(message), welcome, groupInfo, tree)
                .flatMap(Optional::stream)
                .filter(BlobReference.class::isInstance)
                .map(BlobReference.class::cast)
                .distinct()
                .toList();
    }

    Optional<Bytes> inlineTree() {
        return tree.filter(PartContent.Inline.class::isInstance)
                .map(content -> ((PartContent.Inline) content).bytes());
    }

    /// The tree is always stored as a blob: many clients fetch it, from any node.
    Optional<BlobReference> treeReference() {
        return tree.map(content ->
                switch (content) {
                    case PartContent.Inline(var bytes) -> BlobReference.to(bytes);
                    case BlobReference reference -> reference;
                });
    }
}
