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

/// What became of reading a client's submission.
public sealed interface ParsedSubmission {
    /// It can go to ordering.
    record Complete(Submission submission) implements ParsedSubmission {}

    /// A commit whose roster change must be made first: its joiners looked up, or many names resolved; or
    /// whose GroupInfo must be checked.
    ///
    /// @param commit complete but for the roster change
    /// @param joiners the KeyPackageRefs that the Welcome names
    /// @param newEpoch what newcomers start from, as far as there is something to check
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

    /// A submission that refers to blobs: they must be fetched before it can be read.
    ///
    /// @param references all of them, the tree's included
    /// @param stored what came inline and is kept as a blob
    /// @param then called off the event loop, with all that was referred to
    record NeedsBlobs(
            GroupId group, List<BlobReference> references, List<Bytes> stored, Resolved then)
            implements ParsedSubmission {
        public NeedsBlobs {
            references = List.copyOf(references);
            stored = List.copyOf(stored);
        }
    }

    /// What newcomers start from, to be checked by [GroupInfoRule].
    ///
    /// @param groupInfo MLSMessage; EMPTY for none, or where there is nothing to check
    /// @param tree that came beside it; EMPTY for none
    record NewEpoch(Bytes groupInfo, Bytes tree) {
        static final NewEpoch UNCHECKED = new NewEpoch(Bytes.EMPTY, Bytes.EMPTY);
    }

    /// A create whose GroupInfo must be checked first, or whose tree stored.
    ///
    /// @param create complete but for the tree
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

    /// How reading goes on.
    @FunctionalInterface
    interface Resolved {
        ParsedSubmission read(FetchedBlobs contents);
    }

    /// What was referred to.
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

    /// Whom the committer names.
    record DeclaredChange(List<ClientId> add, List<ClientId> remove) {
        public DeclaredChange {
            add = List.copyOf(add);
            remove = List.copyOf(remove);
        }

        int size() {
            return add.size() + remove.size();
        }
    }

    /// It goes nowhere, and whose fault it is the code tells.
    record ParseRefused(Refusal refusal) implements ParsedSubmission {}

    /// Refused after its group was read.
    record RefusedInGroup(GroupId group, Refusal refusal) implements ParsedSubmission {}
}
