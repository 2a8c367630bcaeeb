package io.lockstep.gateway.submission;

import com.google.protobuf.ByteString;
import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.PolicyDefaults;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.log.BlobReference;
import io.lockstep.log.ControlEvent;
import io.lockstep.log.LogLimits;
import io.lockstep.log.MemberId;
import io.lockstep.log.PartContent;
import io.lockstep.log.RosterDelta;
import io.lockstep.log.UserPseudonym;
import io.lockstep.ordering.Submission;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.GroupMessageHeader;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessageReader;
import io.lockstep.wire.mls.SenderType;
import io.lockstep.wire.mls.Welcome;
import io.lockstep.wire.proto.Commit;
import io.lockstep.wire.proto.Create;
import io.lockstep.wire.proto.Leave;
import io.lockstep.wire.proto.Reinit;
import io.lockstep.wire.proto.Reject;
import io.lockstep.wire.proto.Send;
import io.lockstep.wire.proto.SetPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Parses one client's submissions: checks the bytes, reads the MLS headers and computes
/// pseudonyms. Stateless, without I/O. Every error that a client can cause is a [ParsedSubmission].
public final class SubmissionParser {
    /// One commit may create a group of 50,000.
    private static final int NAMES_MAX = 65_536;

    /// At most this many names are resolved on the event loop; more are resolved off it.
    private static final int NAMES_AT_ONCE_MAX = 32;

    /// A log has no more bytes than these in any case.

    private final PartReader fields;

    private final PolicyParser policies;
    private final Pseudonyms pseudonyms;
    private final ClientId client;

    public SubmissionParser(
            SessionLimits limits,
            int blobBytesMax,
            PolicyDefaults policies,
            Pseudonyms pseudonyms,
            ClientId client) {
        this.fields = new PartReader(limits, blobBytesMax);
        this.policies = new PolicyParser(policies);
        this.pseudonyms = pseudonyms;
        this.client = client;
    }

    public ClientId client() {
        return client;
    }

    public ParsedSubmission create(Create create) {
        try {
            var group = groupId(create.getGroupId());
            if (create.getEpoch() < 0) {
                throw new RefusalException(Code.INVALID_REQUEST, "epoch: must be less than 2^63");
            }
            var groupInfo = fields.inline(create.getGroupInfo(), "group_info");
            boolean treeInside =
                    !groupInfo.isEmpty() && readGroupInfo(groupInfo, group, create.getEpoch());
            var submission =
                    new Submission.CreateSubmission(
                            group,
                            pseudonyms.author(group, client),
                            create.getEpoch(),
                            policies.whole(create.getPolicy()),
                            groupInfo);
            var tree = fields.inline(create.getRatchetTree(), "ratchet_tree");
            return tree.isEmpty() && !treeInside
                    ? new ParsedSubmission.Complete(submission)
                    : new ParsedSubmission.UncheckedCreate(submission, tree);
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    public ParsedSubmission send(Send send) {
        try {
            var message = fields.content(send.getMessage(), send.getMessageReference(), "message");
            if (message.isEmpty()) {
                throw new RefusalException(Code.MALFORMED_MESSAGE, "message: empty");
            }
            return switch (message.get()) {
                case PartContent.Inline inline -> send(send, inline, inline.bytes());
                case BlobReference reference when send.getEphemeral() ->
                        throw new RefusalException(
                                Code.INVALID_REQUEST,
                                "an ephemeral message must be inline, not " + reference);
                case BlobReference reference ->
                        new ParsedSubmission.NeedsBlobs(
                                groupId(send.getGroupId()),
                                List.of(reference),
                                List.of(),
                                contents ->
                                        reading(() ->
                                                send(send, reference, contents.of(reference))));
            };
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    private ParsedSubmission send(Send send, PartContent content, Bytes message)
            throws RefusalException {
        var header = header(message);
        var kind = header.contentType();
        if (kind == ContentType.COMMIT) {
            throw new RefusalException(
                    Code.WRONG_MESSAGE_KIND, "a Commit must be sent in a commit frame");
        }
        if (send.getEphemeral() && kind != ContentType.APPLICATION) {
            throw new RefusalException(
                    Code.WRONG_MESSAGE_KIND, "only application messages can be ephemeral");
        }
        var group = header.groupId();
        checkGroup(send.getGroupId(), group);
        return new ParsedSubmission.Complete(
                new Submission.MessageSubmission(
                        group,
                        pseudonyms.author(group, client),
                        EntryKind.of(kind),
                        header.epoch(),
                        header.senderType() == SenderType.NEW_MEMBER_PROPOSAL,
                        send.getEphemeral(),
                        content));
    }

    public ParsedSubmission reject(Reject reject) {
        try {
            var group = groupId(reject.getGroupId());
            if (reject.getPosition() < 1) {
                throw new RefusalException(Code.INVALID_REQUEST, "position: 1 to 2^63 - 1");
            }
            if (reject.getReasonBytes().size() > ControlEvent.REASON_BYTES_MAX) {
                throw new RefusalException(
                        Code.INVALID_REQUEST,
                        "reason: at most " + ControlEvent.REASON_BYTES_MAX + " bytes");
            }
            return new ParsedSubmission.Complete(
                    new Submission.CommitVerdict(
                            group,
                            pseudonyms.author(group, client),
                            reject.getPosition(),
                            new Submission.Verdict.Reject(reject.getReason())));
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    public ParsedSubmission reinit(Reinit reinit) {
        try {
            var group = groupId(reinit.getGroupId());
            return new ParsedSubmission.Complete(
                    new Submission.ReinitSubmission(
                            group,
                            pseudonyms.author(group, client),
                            groupId(reinit.getSuccessorGroupId())));
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    public ParsedSubmission leave(Leave leave) {
        return reading(() -> {
            var group = groupId(leave.getGroupId());
            return new ParsedSubmission.Complete(
                    new Submission.LeaveSubmission(
                            group, pseudonyms.author(group, client), client.toString()));
        });
    }

    public ParsedSubmission setPolicy(SetPolicy set) {
        return reading(() -> {
            var group = groupId(set.getGroupId());
            var change = policies.change(set.getPolicy());
            if (change.isEmpty()) {
                throw new RefusalException(Code.INVALID_REQUEST, "policy: changes no rule");
            }
            return new ParsedSubmission.Complete(
                    new Submission.PolicySubmission(
                            group, pseudonyms.author(group, client), client.toString(), change));
        });
    }

    public ParsedSubmission commit(Commit commit) {
        try {
            var bundle = CommitParts.of(fields, commit);
            if (bundle.areHere()) {
                return commit(commit, bundle, ParsedSubmission.FetchedBlobs.NONE);
            }
            var group =
                    commit.getGroupId().isEmpty() && bundle.references().isEmpty()
                            ? header(bundle.bytes(ParsedSubmission.FetchedBlobs.NONE)).groupId()
                            : groupId(commit.getGroupId());
            return new ParsedSubmission.NeedsBlobs(
                    group,
                    bundle.references(),
                    bundle.inlineTree().stream().toList(),
                    contents -> reading(() -> commit(commit, bundle, contents)));
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    private interface ParseStep {
        ParsedSubmission read() throws RefusalException;
    }

    private static ParsedSubmission reading(ParseStep step) {
        try {
            return step.read();
        } catch (RefusalException e) {
            return new ParsedSubmission.ParseRefused(e.refusal());
        }
    }

    private ParsedSubmission commit(
            Commit commit, CommitParts bundle, ParsedSubmission.FetchedBlobs contents)
            throws RefusalException {
        var header = header(bundle.bytes(contents));
        if (header.contentType() != ContentType.COMMIT) {
            throw new RefusalException(
                    Code.WRONG_MESSAGE_KIND, "a commit frame must contain a Commit");
        }
        checkGroup(commit.getGroupId(), header.groupId());
        try {
            return commit(commit, bundle, contents, header);
        } catch (RefusalException e) {
            return new ParsedSubmission.RefusedInGroup(header.groupId(), e.refusal());
        }
    }

    private ParsedSubmission commit(
            Commit commit,
            CommitParts bundle,
            ParsedSubmission.FetchedBlobs contents,
            GroupMessageHeader header)
            throws RefusalException {
        if (commit.getKnownPosition() < 0) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "known_position: must be less than 2^63");
        }
        var group = header.groupId();
        var newEpoch = newEpoch(bundle, contents, header);
        var joiners =
                bundle.welcome().isEmpty()
                        ? List.<Bytes>of()
                        : joiners(contents.of(bundle.welcome().get()));
        var declared = declared(commit.getRosterChange());
        var submission =
                new Submission.CommitSubmission(
                        group,
                        pseudonyms.author(group, client),
                        header.epoch(),
                        header.senderType() == SenderType.NEW_MEMBER_COMMIT,
                        bundle.message(),
                        bundle.welcome(),
                        bundle.groupInfo(),
                        bundle.treeReference(),
                        RosterDelta.NONE,
                        commit.getKnownPosition(),
                        Optional.empty(),
                        joiners.isEmpty() ? Bytes.EMPTY : pseudonyms.sender(client.user()),
                        Optional.empty());
        boolean nobodyJoins = joiners.isEmpty() && declared.add().isEmpty();
        boolean little = nobodyJoins && declared.size() <= NAMES_AT_ONCE_MAX;
        return little && newEpoch.equals(ParsedSubmission.NewEpoch.UNCHECKED)
                ? new ParsedSubmission.Complete(
                        withRoster(
                                submission,
                                declared,
                                Set.of(),
                                names(submission, declared, Set.of())))
                : new ParsedSubmission.Unresolved(submission, joiners, declared, newEpoch);
    }

    /// What [GroupInfoRule] still has to check.
    private static ParsedSubmission.NewEpoch newEpoch(
            CommitParts bundle, ParsedSubmission.FetchedBlobs contents, GroupMessageHeader header)
            throws RefusalException {
        if (bundle.groupInfo().isEmpty()) {
            return ParsedSubmission.NewEpoch.UNCHECKED;
        }
        var groupInfo = contents.of(bundle.groupInfo().get());
        boolean treeInside = readGroupInfo(groupInfo, header.groupId(), header.epoch() + 1);
        var tree = bundle.tree().map(contents::of).orElse(Bytes.EMPTY);
        return treeInside || !tree.isEmpty()
                ? new ParsedSubmission.NewEpoch(groupInfo, tree)
                : ParsedSubmission.NewEpoch.UNCHECKED;
    }

    /// Completes the commit with its roster change. Each name costs four HMACs: thousands of names
    /// must not be resolved on an event loop. Callable from any thread.
    ///
    /// @param joiners owners of all KeyPackages that the Welcome names
    public Submission.CommitSubmission withRoster(
            Submission.CommitSubmission commit,
            ParsedSubmission.DeclaredChange declared,
            Set<ClientId> joiners,
            CommitNames names) {
        var added = new HashMap<MemberId, UserPseudonym>();
        declared.add().forEach(name -> put(added, commit.group(), name));
        joiners.forEach(name -> put(added, commit.group(), name));
        var removed = new HashSet<MemberId>();
        declared.remove().forEach(name -> removed.add(pseudonyms.member(commit.group(), name)));
        return commit.withRosterChange(new RosterDelta(added, removed)).withNames(names.content());
    }

    /// @param joiners owners of all KeyPackages that the Welcome names
    public CommitNames names(
            Submission.CommitSubmission commit,
            ParsedSubmission.DeclaredChange declared,
            Set<ClientId> joiners) {
        return CommitNames.of(commit, declared, joiners, client);
    }

    private void put(Map<MemberId, UserPseudonym> added, GroupId group, ClientId joiner) {
        added.put(pseudonyms.member(group, joiner), pseudonyms.owner(group, joiner.user()));
    }

    private static ParsedSubmission.DeclaredChange declared(
            io.lockstep.wire.proto.RosterChange change) throws RefusalException {
        if (change.getAddCount() + change.getRemoveCount() > NAMES_MAX) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "roster_change: at most " + NAMES_MAX + " names");
        }
        if (change.getRemoveCount() > LogLimits.REMOVED_MAX) {
            throw new RefusalException(
                    Code.INVALID_REQUEST,
                    "roster_change.remove: at most " + LogLimits.REMOVED_MAX + " names");
        }
        var add = new ArrayList<ClientId>(change.getAddCount());
        for (var name : change.getAddList()) {
            add.add(clientId(name));
        }
        var remove = new ArrayList<ClientId>(change.getRemoveCount());
        for (var name : change.getRemoveList()) {
            remove.add(clientId(name));
        }
        return new ParsedSubmission.DeclaredChange(add, remove);
    }

    private static ClientId clientId(String name) throws RefusalException {
        try {
            return ClientId.parse(name);
        } catch (IllegalArgumentException e) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "roster_change names clients as user/device");
        }
    }

    private static List<Bytes> joiners(Bytes welcome) throws RefusalException {
        try {
            if (MlsMessageReader.read(welcome) instanceof Welcome read) {
                if (read.keyPackageRefs().size() > NAMES_MAX) {
                    throw new RefusalException(
                            Code.INVALID_REQUEST, "welcome: at most " + NAMES_MAX + " joiners");
                }
                return read.keyPackageRefs();
            }
        } catch (MalformedMessageException e) {
            throw new RefusalException(e.code(), "welcome: " + e.detail());
        }
        throw new RefusalException(Code.WRONG_MESSAGE_KIND, "welcome is not a Welcome");
    }

    /// @return whether it contains the tree, with which more can be checked: see [GroupInfoRule]
    private static boolean readGroupInfo(Bytes groupInfo, GroupId group, long epoch)
            throws RefusalException {
        var read = GroupInfoRule.read(groupInfo, group);
        if (read.epoch() != epoch) {
            throw new RefusalException(
                    Code.GROUP_INFO_MISMATCH, "group_info is not for this group in epoch " + epoch);
        }
        return read.hasRatchetTree();
    }

    private static GroupId groupId(ByteString bytes) throws RefusalException {
        if (bytes.isEmpty() || bytes.size() > GroupId.BYTES_MAX) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "group_id: 1 to " + GroupId.BYTES_MAX + " bytes");
        }
        return new GroupId(Bytes.of(bytes));
    }

    /// If the frame names a group, it must be the group of the message.
    private static void checkGroup(ByteString said, GroupId group) throws RefusalException {
        if (!said.isEmpty() && !Bytes.of(said).equals(group.bytes())) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "group_id is not the group of the message");
        }
    }

    private static GroupMessageHeader header(Bytes message) throws RefusalException {
        return GroupMessageHeader.read(message.asByteBuf());
    }
}
