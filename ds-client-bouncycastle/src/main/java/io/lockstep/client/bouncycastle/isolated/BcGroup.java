package io.lockstep.client.bouncycastle.isolated;

import static io.lockstep.client.bouncycastle.isolated.BcCodec.calling;

import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.codec.AuthenticatedContent;
import org.bouncycastle.mls.codec.ContentType;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.Proposal;
import org.bouncycastle.mls.codec.ProposalOrRef;
import org.bouncycastle.mls.codec.ProposalType;
import org.bouncycastle.mls.codec.SenderType;
import org.bouncycastle.mls.codec.WireFormat;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;

/// The [MlsGroup] on Bouncy Castle. A Bouncy Castle `Group` is one epoch: each commit creates
/// another. This class keeps the earlier ones for late messages.
final class BcGroup implements MlsGroup {
    /// More than the `past_epochs` of any policy in use. Each past epoch costs a copy of the tree.
    private static final int PAST_EPOCHS_KEPT = 4;

    /// Offset of the vector of EncryptedGroupSecrets, with its length.
    private static final int WELCOME_SECRETS = 6;

    private static final Bytes NOBODY = Bytes.EMPTY;

    private record Staged(
            Bytes commit, Bytes welcome, Bytes groupInfo, Bytes ratchetTree, long epoch, Group next)
            implements StagedCommit {}

    /// An epoch that has ended.
    private record PastEpoch(Group group, Map<Bytes, LeafIndex> removesProposed) {}

    private Group current;
    private final Deque<PastEpoch> past = new ArrayDeque<>();
    // The leaf that each Remove proposal of this epoch removes, by proposal reference. Bouncy
    // Castle keeps its own list private, and fails without a reason when a commit removes this
    // member.
    private final Map<Bytes, LeafIndex> removesProposed = new HashMap<>();

    // Staged commits of this epoch, by hash.
    private final Map<Bytes, Staged> staged = new HashMap<>();

    BcGroup(Group group) {
        current = group;
    }

    @Override
    public GroupId id() {
        return new GroupId(Bytes.copyOf(current.getGroupID()));
    }

    @Override
    public long epoch() {
        return current.getEpoch();
    }

    @Override
    public Bytes epochAuthenticator() {
        return Bytes.copyOf(current.getEpochAuthenticator());
    }

    @Override
    public List<Bytes> members() {
        return membersOf(current);
    }

    private static List<Bytes> membersOf(Group group) {
        return calling(() -> {
            var members = new ArrayList<Bytes>();
            var tree = group.getTree();
            for (int i = 0; i < tree.getSize().leafCount(); i++) {
                var leaf = tree.getLeafNode(new LeafIndex(i));
                if (leaf != null) {
                    members.add(Bytes.copyOf(leaf.getCredential().getIdentity()));
                }
            }
            return members;
        });
    }

    /// The identities in the first list without those in the second; each counts as often as it is
    /// there.
    private static List<Bytes> without(List<Bytes> identities, List<Bytes> others) {
        var counts = new HashMap<Bytes, Integer>();
        others.forEach(identity -> counts.merge(identity, 1, Integer::sum));
        var rest = new ArrayList<Bytes>();
        for (var identity : identities) {
            if (counts.merge(identity, -1, Integer::sum) < 0) {
                rest.add(identity);
            }
        }
        return rest;
    }

    @Override
    public Bytes groupInfo() {
        return calling(() -> BcCodec.encode(current.getGroupInfo(true)));
    }

    @Override
    public Bytes ratchetTree() {
        return calling(() -> BcCodec.encode(current.getTree()));
    }

    @Override
    public StagedCommit stage(Change change, TreeLocation tree) {
        return calling(() -> {
            if (members().size() + change.add().size() - change.remove().size() < 2) {
                throw MlsException.engineLimit(
                        "Bouncy Castle cannot commit a change that leaves one member alone in a"
                                + " group");
            }
            var proposals = new ArrayList<Proposal>();
            for (var identity : change.remove()) {
                for (var leaf : leavesOf(identity)) {
                    proposals.add(Proposal.remove(leaf));
                }
            }
            for (var keyPackage : change.add()) {
                proposals.add(Proposal.add(BcCodec.decode(keyPackage).keyPackage));
            }
            var secret = new byte[current.getSuite().getKDF().getHashLength()];
            new SecureRandom().nextBytes(secret);
            boolean inside = tree == TreeLocation.INSIDE;
            boolean leftOut = tree == TreeLocation.LEFT_OUT;
            // Always add a path: after a commit of Adds without a path, Bouncy Castle's joiners
            // fail at the next commit.
            var made =
                    current.commit(
                            new Secret(secret),
                            new Group.CommitOptions(proposals, inside, true, null),
                            new Group.MessageOptions(true, new byte[0], 0),
                            new Group.CommitParameters(Group.NORMAL_COMMIT_PARAMS));
            var result =
                    new Staged(
                            BcCodec.encode(made.message),
                            leftOut ? Bytes.EMPTY : welcomeOf(made.message),
                            leftOut ? Bytes.EMPTY : BcCodec.encode(made.group.getGroupInfo(inside)),
                            tree == TreeLocation.APART
                                    ? BcCodec.encode(made.group.getTree())
                                    : Bytes.EMPTY,
                            current.getEpoch(),
                            made.group);
            staged.put(result.commit.sha256(), result);
            return result;
        });
    }

    /// Takes the Welcome from the commit's message and wraps it in an MLSMessage. It is EMPTY if
    /// the commit adds no member.
    private static Bytes welcomeOf(MLSMessage commit) throws Exception {
        var message = new MLSMessage(WireFormat.mls_welcome);
        message.welcome = commit.welcome;
        var welcome = BcCodec.encode(message);
        return welcome.at(WELCOME_SECRETS) == 0 ? Bytes.EMPTY : welcome;
    }

    @Override
    public Optional<StagedCommit> staged(Bytes sha256) {
        return Optional.ofNullable(staged.get(sha256));
    }

    @Override
    public List<Bytes> removedBy(StagedCommit made) {
        if (!(made instanceof Staged own) || own.epoch != current.getEpoch()) {
            throw new MlsException("the commit does not end the current epoch");
        }
        var gone = new LinkedHashSet<>(members());
        gone.removeAll(new HashSet<>(membersOf(own.next)));
        return List.copyOf(gone);
    }

    @Override
    public void drop(StagedCommit refused) {
        staged.remove(refused.commit().sha256());
    }

    @Override
    public void merge(StagedCommit accepted) {
        if (!(accepted instanceof Staged own) || own.epoch != current.getEpoch()) {
            throw new MlsException("the commit does not end the current epoch");
        }
        advance(own.next);
    }

    private void advance(Group next) {
        past.addFirst(new PastEpoch(current, Map.copyOf(removesProposed)));
        if (past.size() > PAST_EPOCHS_KEPT) {
            past.removeLast();
        }
        current = next;
        removesProposed.clear();
        staged.clear();
    }

    @Override
    public boolean rollback(long epoch) {
        if (past.stream().noneMatch(ended -> ended.group.getEpoch() == epoch)) {
            return false;
        }
        while (current.getEpoch() != epoch) {
            var ended = past.removeFirst();
            current = ended.group;
            removesProposed.clear();
            removesProposed.putAll(ended.removesProposed);
        }
        staged.clear();
        return true;
    }

    @Override
    public Bytes proposeAdd(Bytes keyPackage) {
        return calling(() ->
                BcCodec.encode(
                        current.add(
                                BcCodec.decode(keyPackage).keyPackage,
                                new Group.MessageOptions(true, new byte[0], 0))));
    }

    @Override
    public Bytes proposeRemove(Bytes identity) {
        return calling(() -> {
            // Group.remove takes an index of members, not of leaves.
            var member = members().indexOf(identity);
            if (member < 0) {
                throw new MlsException("no such member");
            }
            return BcCodec.encode(
                    current.remove(
                            new LeafIndex(member), new Group.MessageOptions(true, new byte[0], 0)));
        });
    }

    @Override
    public Processed process(Bytes message) {
        return calling(() -> {
            var decoded = BcCodec.decode(message);
            long epoch = decoded.getEpoch();
            if (epoch > current.getEpoch()) {
                throw new MlsException("a message of a later epoch: entries are missing");
            }
            return decoded.getContentType() == ContentType.APPLICATION
                    ? application(decoded, epoch)
                    : epoch < current.getEpoch()
                            ? new Processed.Ignored(epoch)
                            : handshake(decoded, epoch);
        });
    }

    private Processed application(MLSMessage message, long epoch) throws Exception {
        var group = groupOf(epoch);
        if (group == null) {
            return new Processed.Ignored(epoch);
        }
        var content = BcAccess.open(group, message);
        return new Processed.Application(
                epoch,
                senderOf(group, content),
                Bytes.copyOf(content.getContent().getContentBytes()),
                Bytes.copyOf(content.getContent().getAuthenticated_data()));
    }

    private @org.jspecify.annotations.Nullable Group groupOf(long epoch) {
        if (epoch == current.getEpoch()) {
            return current;
        }
        return past.stream()
                .map(PastEpoch::group)
                .filter(ended -> ended.getEpoch() == epoch)
                .findFirst()
                .orElse(null);
    }

    private Processed handshake(MLSMessage message, long epoch) throws Exception {
        var content = BcAccess.open(current, message);
        var sender = senderOf(current, content);
        if (content.getContent().getContentType() == ContentType.PROPOSAL) {
            var proposal = content.getContent().getProposal();
            boolean isRemove = proposal.getProposalType() == ProposalType.REMOVE;
            // Bouncy Castle rejects a proposal to remove this member as invalid. Another member
            // must commit it anyway.
            if (!isRemove || !proposal.getRemove().removed.equals(current.getIndex())) {
                current.handle(content, null, null);
            }
            if (isRemove) {
                removesProposed.put(
                        Bytes.wrap(
                                current.getSuite()
                                        .refHash(
                                                BcCodec.encode(content).toArray(),
                                                "MLS 1.0 Proposal Reference")),
                        proposal.getRemove().removed);
            }
            return new Processed.Proposal(epoch);
        }
        var proposals = content.getContent().getCommit().getProposals();
        if (proposals.stream().anyMatch(this::removesMe)) {
            return new Processed.Removed(epoch, sender);
        }
        var before = members();
        var removed = new ArrayList<Bytes>();
        for (var proposal : proposals) {
            var leaf = removedLeaf(proposal);
            if (leaf != null) {
                removed.add(identityOf(current, leaf));
            }
        }
        advance(current.handle(content, null, null));
        var stayed = without(before, removed);
        var after = members();
        // A member may give its leaf another identity.
        removed.addAll(without(stayed, after));
        return new Processed.EpochBegan(
                current.getEpoch(), sender, without(after, stayed), removed);
    }

    private boolean removesMe(ProposalOrRef proposal) {
        return current.getIndex().equals(removedLeaf(proposal));
    }

    private @org.jspecify.annotations.Nullable LeafIndex removedLeaf(ProposalOrRef proposal) {
        return switch (proposal.getType()) {
            case PROPOSAL ->
                    proposal.getProposal().getProposalType() == ProposalType.REMOVE
                            ? proposal.getProposal().getRemove().removed
                            : null;
            case REFERENCE -> removesProposed.get(Bytes.copyOf(proposal.getReference()));
            default -> null;
        };
    }

    private static Bytes senderOf(Group group, AuthenticatedContent content) throws Exception {
        var sender = content.getContent().getSender();
        if (sender.getSenderType() == SenderType.NEW_MEMBER_COMMIT) {
            return Bytes.copyOf(
                    content.getContent()
                            .getCommit()
                            .getUpdatePath()
                            .getLeafNode()
                            .getCredential()
                            .getIdentity());
        }
        if (sender.getSenderType() != SenderType.MEMBER) {
            return NOBODY;
        }
        return identityOf(group, sender.getSender());
    }

    private static Bytes identityOf(Group group, LeafIndex leaf) throws Exception {
        return Bytes.copyOf(group.getTree().getLeafNode(leaf).getCredential().getIdentity());
    }

    /// All leaves of a member. A device that lost its state may have two.
    private List<LeafIndex> leavesOf(Bytes identity) throws Exception {
        var tree = current.getTree();
        var leaves = new ArrayList<LeafIndex>();
        for (int i = 0; i < tree.getSize().leafCount(); i++) {
            var leaf = tree.getLeafNode(new LeafIndex(i));
            if (leaf != null
                    && Arrays.equals(leaf.getCredential().getIdentity(), identity.toArray())) {
                leaves.add(new LeafIndex(i));
            }
        }
        if (leaves.isEmpty()) {
            throw new MlsException("no such member");
        }
        return leaves;
    }

    @Override
    public Bytes encrypt(Bytes plaintext, Bytes authenticatedData) {
        return calling(() ->
                BcCodec.encode(
                        current.protect(authenticatedData.toArray(), plaintext.toArray(), 0)));
    }
}
