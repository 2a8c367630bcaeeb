package io.lockstep.client.bouncycastle.isolated;

import static io.lockstep.client.bouncycastle.isolated.BcCodec.calling;

import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsIdentity;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.crypto.AsymmetricCipherKeyPair;
import org.bouncycastle.mls.TreeKEM.LeafIndex;
import org.bouncycastle.mls.TreeKEM.LeafNode;
import org.bouncycastle.mls.TreeKEM.LifeTime;
import org.bouncycastle.mls.codec.Capabilities;
import org.bouncycastle.mls.codec.Credential;
import org.bouncycastle.mls.codec.GroupInfo;
import org.bouncycastle.mls.codec.KeyPackage;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.Welcome;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.bouncycastle.mls.protocol.Group;
import org.jspecify.annotations.Nullable;

/// The [MlsIdentity] on Bouncy Castle: a credential and its keys.
final class BcIdentity implements MlsIdentity {
    private static final Duration CLOCKS_MAY_DIFFER = Duration.ofHours(1);
    private static final Duration KEY_PACKAGE_LIFETIME = Duration.ofDays(84);

    /// A KeyPackage and the private keys of its init key and its leaf.
    private record Own(
            KeyPackage keyPackage, AsymmetricCipherKeyPair init, AsymmetricCipherKeyPair leaf) {}

    private final Bytes identity;
    private final MlsCipherSuite suite;
    // Not part of the saved state.
    private transient InstantSource clock;
    private final AsymmetricCipherKeyPair signature;
    private final Map<Bytes, Own> unused = new LinkedHashMap<>();

    BcIdentity(Bytes identity, int suite, InstantSource clock) throws Exception {
        this.identity = identity;
        this.suite = MlsCipherSuite.getSuite((short) suite);
        this.clock = clock;
        signature = this.suite.generateSignatureKeyPair();
    }

    void restored(InstantSource by) {
        clock = by;
    }

    @Override
    public Bytes identity() {
        return identity;
    }

    @Override
    public Bytes newKeyPackage() {
        return calling(() -> {
            var own = newOwn(signature);
            var message = BcCodec.encode(MLSMessage.keyPackage(own.keyPackage));
            unused.put(message, own);
            return message;
        });
    }

    private Own newOwn(AsymmetricCipherKeyPair signatureKey) throws Exception {
        var init = suite.getHPKE().generatePrivateKey();
        var leaf = suite.getHPKE().generatePrivateKey();
        var keyPackage =
                new KeyPackage(
                        suite,
                        suite.getHPKE().serializePublicKey(init.getPublic()),
                        leafNode(leaf, signatureKey),
                        new ArrayList<>(),
                        suite.serializeSignaturePrivateKey(signatureKey.getPrivate()));
        return new Own(keyPackage, init, leaf);
    }

    private LeafNode leafNode(AsymmetricCipherKeyPair leaf, AsymmetricCipherKeyPair signatureKey)
            throws Exception {
        return new LeafNode(
                suite,
                suite.getHPKE().serializePublicKey(leaf.getPublic()),
                suite.serializeSignaturePublicKey(signatureKey.getPublic()),
                Credential.forBasic(identity.toArray()),
                new Capabilities(),
                lifetime(),
                new ArrayList<>(),
                suite.serializeSignaturePrivateKey(signatureKey.getPrivate()));
    }

    /// Creates a lifetime with an end. `new LifeTime()` never ends, and no directory accepts that;
    /// only the decoder creates other lifetimes.
    private LifeTime lifetime() throws Exception {
        var now = clock.instant();
        var bytes =
                ByteBuffer.allocate(16)
                        .putLong(now.minus(CLOCKS_MAY_DIFFER).getEpochSecond())
                        .putLong(now.plus(KEY_PACKAGE_LIFETIME).getEpochSecond());
        return (LifeTime) MLSInputStream.decode(bytes.array(), LifeTime.class);
    }

    @Override
    public MlsGroup createGroup(GroupId group) {
        return calling(() -> {
            var leaf = suite.getHPKE().generatePrivateKey();
            return new BcGroup(
                    new Group(
                            group.bytes().toArray(),
                            suite,
                            leaf,
                            suite.serializeSignaturePrivateKey(signature.getPrivate()),
                            leafNode(leaf, signature),
                            new ArrayList<>()));
        });
    }

    @Override
    public MlsGroup join(Bytes welcomeMessage, Bytes ratchetTree) {
        return calling(() -> {
            var welcome = BcCodec.decode(welcomeMessage).welcome;
            var entry =
                    unused.entrySet().stream()
                            .filter(e -> isFor(welcome, e.getValue()))
                            .findFirst()
                            .orElseThrow(() ->
                                    new MlsException(
                                            "no KeyPackage of this client fits the Welcome"));
            var own = entry.getValue();
            var group =
                    new BcGroup(
                            new Group(
                                    suite.getHPKE().serializePrivateKey(own.init.getPrivate()),
                                    own.leaf,
                                    suite.serializeSignaturePrivateKey(signature.getPrivate()),
                                    own.keyPackage,
                                    welcome,
                                    BcCodec.treeOf(ratchetTree),
                                    new HashMap<>(),
                                    new HashMap<>()));
            unused.remove(entry.getKey());
            return group;
        });
    }

    private static boolean isFor(Welcome welcome, Own own) {
        return calling(() -> welcome.find(own.keyPackage) >= 0);
    }

    @Override
    public ExternalCommit joinExternally(Bytes groupInfoMessage, Bytes ratchetTree) {
        return calling(() -> {
            boolean inside = ratchetTree.isEmpty();
            var groupInfo = BcCodec.decode(groupInfoMessage).groupInfo;
            var leaves = membersOf(groupInfo, ratchetTree);
            var earlier = earlierLeaf(leaves);
            if (earlier != null && leaves.size() == 1) {
                // It fails in TreeKEMPublicKey.parentHashes: the direct path of the only leaf is
                // empty.
                throw MlsException.engineLimit(
                        "Bouncy Castle cannot rejoin a group that has no other member");
            }
            // The new leaf is validated while the earlier leaf still holds the old key, and two
            // leaves must not share a signature key.
            var fresh = suite.generateSignatureKeyPair();
            var secret = new byte[suite.getKDF().getHashLength()];
            new SecureRandom().nextBytes(secret);
            var joined =
                    Group.externalJoin(
                            new Secret(secret),
                            fresh,
                            newOwn(fresh).keyPackage,
                            groupInfo,
                            BcCodec.treeOf(ratchetTree),
                            new Group.MessageOptions(false, new byte[0], 0),
                            earlier,
                            new HashMap<>());
            return new ExternalCommit(
                    BcCodec.encode(joined.message),
                    BcCodec.encode(joined.group.getGroupInfo(inside)),
                    inside ? Bytes.EMPTY : BcCodec.encode(joined.group.getTree()),
                    new BcGroup(joined.group));
        });
    }

    private record Member(LeafIndex index, LeafNode leaf) {}

    private static List<Member> membersOf(GroupInfo groupInfo, Bytes ratchetTree) throws Exception {
        var tree = BcCodec.treeOf(ratchetTree);
        for (var extension : groupInfo.getExtensions()) {
            tree = tree == null ? extension.getRatchetTree() : tree;
        }
        if (tree == null) {
            throw new MlsException("the GroupInfo contains no ratchet tree");
        }
        var members = new ArrayList<Member>();
        for (int i = 0; i < tree.getSize().leafCount(); i++) {
            var leaf = tree.getLeafNode(new LeafIndex(i));
            if (leaf != null) {
                members.add(new Member(new LeafIndex(i), leaf));
            }
        }
        return members;
    }

    private @Nullable LeafIndex earlierLeaf(List<Member> members) {
        for (var member : members) {
            if (Arrays.equals(member.leaf.getCredential().getIdentity(), identity.toArray())) {
                return member.index;
            }
        }
        return null;
    }
}
