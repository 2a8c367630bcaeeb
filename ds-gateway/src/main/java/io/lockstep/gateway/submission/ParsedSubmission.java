package io.lockstep.gateway.submission;

import io.lockstep.auth.ClientId;
import io.lockstep.log.BlobReference;
import io.lockstep.log.PartContent;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.GroupId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The result of parsing a client's submission: complete, refused, or incomplete until blobs are
/// fetched, clients are looked up or a GroupInfo is checked.
public sealed interface ParsedSubmission {
    /// It can go to ordering.
    record Complete(Submission submission) implements ParsedSubmission {}

    /// A commit whose roster change is not computed yet: its joiners must be looked up, many names
    /// must be resolved, or its GroupInfo must be checked.
    ///
    /// @param commit complete except for the roster change
    /// @param joiners the KeyPackageRefs that the Welcome names
    /// @param newEpoch what joiners start from, if there is something to check
    record Unresolved(
            Submission.CommitSubmission commit,
            List<Bytes> joiners,
            DeclaredChange declared,
            NewEpoch newEpoch)
            implements ParsedSubmission {
        public Unresolved {
            joiners = List.copyOf(joiners);
        }

        public boolean addsNobody() {
            return joiners.isEmpty() && declared.add().isEmpty();
        }
    }

    /// A submission that refers to blobs. They must be fetched before it can be parsed.
    ///
    /// @param references all references, including the tree's
    /// @param stored the inline part that is stored as a blob
    /// @param then called off the event loop, with all blobs that were referred to
    record NeedsBlobs(
            GroupId group, List<BlobReference> references, List<Bytes> stored, Resolved then)
            implements ParsedSubmission {
        public NeedsBlobs {
            references = List.copyOf(references);
            stored = List.copyOf(stored);
        }
    }

    /// What joiners start from, to be checked by [GroupInfoRule].
    ///
    /// @param groupInfo MLSMessage; EMPTY if absent or if there is nothing to check
    /// @param tree the separate ratchet tree; EMPTY for none
    record NewEpoch(Bytes groupInfo, Bytes tree) {
        static final NewEpoch UNCHECKED = new NewEpoch(Bytes.EMPTY, Bytes.EMPTY);
    }

    /// A `create` whose GroupInfo must be checked first, or whose tree must be stored.
    ///
    /// @param create complete except for the tree
    /// @param tree EMPTY for none
    record UncheckedCreate(Submission.CreateSubmission create, Bytes tree)
            implements ParsedSubmission {
        public Submission.CreateSubmission withTree() {
            return tree.isEmpty()
                    ? create
                    : new Submission.CreateSubmission(
                            create.group(),
                            create.author(),
                            create.epoch(),
                            create.policy(),
                            create.groupInfo(),
                            Optional.of(BlobReference.to(tree)));
        }
    }

    /// Continues parsing with the fetched blobs.
    @FunctionalInterface
    interface Resolved {
        ParsedSubmission read(FetchedBlobs contents);
    }

    /// The blobs that were referred to.
    record FetchedBlobs(Map<Bytes, Bytes> bySha256) {
        static final FetchedBlobs NONE = new FetchedBlobs(Map.of());

        public FetchedBlobs {
            bySha256 = Map.copyOf(bySha256);
        }

        Bytes of(PartContent content) {
            return switch (content) {
                case PartContent.Inline(var bytes) -> bytes;
                case BlobReference reference -> {
                    var bytes = bySha256.get(reference.sha256());
                    if (bytes == null) {
                        throw new IllegalStateException("not fetched: " + reference);
                    }
                    yield bytes;
                }
            };
        }
    }

    /// The clients that the committer names.
    record DeclaredChange(List<ClientId> add, List<ClientId> remove) {
        public DeclaredChange {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }

        int size() {
            return add.size() + remove.size();
        }
    }

    /// The submission is refused; the code tells which side is at fault.
    record ParseRefused(Refusal refusal) implements ParsedSubmission {}

    /// Refused after its group was parsed.
    record RefusedInGroup(GroupId group, Refusal refusal) implements ParsedSubmission {}
}
