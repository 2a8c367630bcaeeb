package io.lockstep.gateway.submission;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.submission.ParsedSubmission.DeclaredChange;
import io.lockstep.log.BlobReference;
import io.lockstep.log.LogEntry;
import io.lockstep.log.PartContent;
import io.lockstep.ordering.Submission.CommitSubmission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.RosterChange;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The clients that a commit adds and removes, as its delivery names them: those that its author
/// declared, the owners of the KeyPackages that its Welcome names, and the sender of an external
/// commit.
///
/// @param serialized a `RosterChange` of the client protocol
/// @param count number of names
public record CommitNames(Bytes serialized, int count) {
    /// @param joiners owners of all KeyPackages that the Welcome names
    /// @param author the client that sends the commit
    static CommitNames of(
            CommitSubmission commit,
            DeclaredChange declared,
            Set<ClientId> joiners,
            ClientId author) {
        var added = names(declared.add());
        added.addAll(names(joiners));
        if (commit.external()) {
            added.add(author.toString());
        }
        var removed = names(declared.remove());
        var change = RosterChange.newBuilder().addAllAdd(added).addAllRemove(removed).build();
        return new CommitNames(Bytes.of(change.toByteString()), added.size() + removed.size());
    }

    private static TreeSet<String> names(Collection<ClientId> clients) {
        var names = new TreeSet<String>();
        clients.forEach(client -> names.add(client.toString()));
        return names;
    }

    /// Whether the entry contains them. Otherwise they are a blob of the group.
    public boolean isInline() {
        return count <= LogEntry.NAMES_MAX && serialized.size() <= LogEntry.NAMES_BYTES_MAX;
    }

    /// The inline part that must be stored as a blob; none if the entry contains it.
    public List<Bytes> stored() {
        return isInline() ? List.of() : List.of(serialized);
    }

    PartContent content() {
        return isInline() ? new PartContent.Inline(serialized) : BlobReference.to(serialized);
    }
}
