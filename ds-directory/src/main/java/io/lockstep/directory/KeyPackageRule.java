package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.crypto.HpkeKeys;
import io.lockstep.crypto.KeyPackageSignatures;
import io.lockstep.crypto.SignatureVerifier;
import io.lockstep.wire.mls.Capabilities;
import io.lockstep.wire.mls.CipherSuites;
import io.lockstep.wire.mls.Extension;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.LeafNodeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/// One rule that a published KeyPackage must satisfy (RFC 9420 §10.1 and §7.3). The parser has
/// already checked version and suite.
@FunctionalInterface
interface KeyPackageRule {
    /// @return the violation, for people; empty when there is none
    Optional<String> violation(KeyPackage keyPackage, ClientId owner, Instant now);

    /// All rules except the signatures, which cost a thousand times as much.
    ///
    /// @param lifetimeMax how far after now a lifetime may end
    static List<KeyPackageRule> cheap(CredentialRule credentials, Duration lifetimeMax) {
        return List.of(
                source(),
                lifetime(lifetimeMax),
                keys(),
                keysDiffer(),
                extensionsOnce(),
                capabilities(),
                credential(credentials));
    }

    static KeyPackageRule source() {
        return (keyPackage, _, _) ->
                unless(
                        keyPackage.leafNodeSource() == LeafNodeSource.KEY_PACKAGE,
                        "the LeafNode was not made for a KeyPackage");
    }

    /// How far the client's clock may be ahead of this clock: as much as most token checks allow.
    Duration SKEW = Duration.ofMinutes(5);

    /// Types that the capabilities may name, counted over all lists: more than a claim may request.
    int FEATURES_MAX = 512;

    /// The lifetime has begun, or begins within [#SKEW], and ends within the limit. Its bounds are
    /// unsigned: libraries write 2^64-1 for unlimited.
    ///
    /// @param max [DirectoryLimits#LIFETIME_UNLIMITED], or the limit of the remaining lifetime
    static KeyPackageRule lifetime(Duration max) {
        return (keyPackage, _, now) -> {
            long second = now.getEpochSecond();
            long end = keyPackage.notAfter();
            long skewed = second + SKEW.toSeconds();
            if (Long.compareUnsigned(skewed, keyPackage.notBefore()) < 0) {
                return Optional.of("the lifetime begins in the future");
            }
            if (Long.compareUnsigned(second, end) > 0) {
                return Optional.of("the lifetime is over");
            }
            if (!max.equals(DirectoryLimits.LIFETIME_UNLIMITED)
                    && Long.compareUnsigned(end, second + max.toSeconds()) > 0) {
                return Optional.of(
                        "the lifetime ends more than " + max.toDays() + " days from now");
            }
            return Optional.empty();
        };
    }

    /// What is logged and not refused: a lifetime that ends later than a server accepts by default,
    /// where this server accepts any.
    ///
    /// @param max as for [#lifetime]
    static KeyPackageRule usualLifetime(Duration max) {
        return max.equals(DirectoryLimits.LIFETIME_UNLIMITED)
                ? lifetime(KeyPackageLimits.DEFAULT.lifetimeMax())
                : (_, _, _) -> Optional.empty();
    }

    static KeyPackageRule keys() {
        return (keyPackage, _, _) -> {
            int suite = keyPackage.cipherSuite();
            if (!HpkeKeys.isPublicKey(suite, keyPackage.initKey())) {
                return Optional.of("init_key is no public key of the suite");
            }
            if (!HpkeKeys.isPublicKey(suite, keyPackage.encryptionKey())) {
                return Optional.of("encryption_key is no public key of the suite");
            }
            return unless(
                    keyPackage.signatureKey().size() == SignatureVerifier.publicKeySize(suite),
                    "signature_key is no public key of the suite");
        };
    }

    static KeyPackageRule keysDiffer() {
        return (keyPackage, _, _) ->
                unless(
                        !keyPackage.initKey().equals(keyPackage.encryptionKey()),
                        "init_key and encryption_key are the same");
    }

    /// No list of extensions contains two of one type (RFC 9420 §13.4).
    static KeyPackageRule extensionsOnce() {
        return (keyPackage, _, _) -> {
            if (repeats(keyPackage.extensions())) {
                return Optional.of("the KeyPackage has two extensions of one type");
            }
            return unless(
                    !repeats(keyPackage.leafNode().extensions()),
                    "the LeafNode has two extensions of one type");
        };
    }

    private static boolean repeats(List<Extension> extensions) {
        var types = new HashSet<Integer>();
        return !extensions.stream().allMatch(extension -> types.add(extension.type()));
    }

    /// The capabilities name what the leaf itself uses (§7.2, §7.3). The extensions of RFC 9420
    /// need not be named, and no rule requires the suite of the KeyPackage.
    static KeyPackageRule capabilities() {
        return (keyPackage, _, _) -> {
            var listed = keyPackage.capabilities();
            if (!listed.versions().contains(keyPackage.version())) {
                return Optional.of("the capabilities do not name the KeyPackage's version");
            }
            if (features(listed) > FEATURES_MAX) {
                return Optional.of("the capabilities name more than " + FEATURES_MAX + " types");
            }
            if (!listed.credentials().contains(keyPackage.credential().type())) {
                return Optional.of("the capabilities do not name the credential's type");
            }
            return unless(
                    keyPackage.leafNode().extensions().stream()
                            .map(Extension::type)
                            .allMatch(type ->
                                    Features.isDefaultExtension(type)
                                            || listed.extensions().contains(type)),
                    "the capabilities do not name an extension of the LeafNode");
        };
    }

    private static int features(Capabilities listed) {
        return listed.extensions().size() + listed.proposals().size() + listed.credentials().size();
    }

    static KeyPackageRule credential(CredentialRule rule) {
        return (keyPackage, owner, _) ->
                unless(
                        rule.accepts(keyPackage.credential(), owner),
                        "the credential does not name the client who publishes it");
    }

    /// Both signatures, of a KeyPackage that satisfies all other rules.
    static KeyPackageRule signatures() {
        return (keyPackage, _, _) -> {
            if (!CipherSuites.isKnown(keyPackage.cipherSuite())
                    || !KeyPackageSignatures.leafHolds(keyPackage)) {
                return Optional.of("the LeafNode's signature does not hold");
            }
            return unless(
                    KeyPackageSignatures.keyPackageHolds(keyPackage),
                    "the KeyPackage's signature does not hold");
        };
    }

    private static Optional<String> unless(boolean kept, String violation) {
        return kept ? Optional.empty() : Optional.of(violation);
    }
}
