package io.lockstep.directory;

import io.lockstep.auth.ClientId;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.LeafNodeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// One rule that a KeyPackage must keep to be published (RFC 9420 §10.1 and §7.3). A KeyPackage is
/// checked against a list of these; what is not checked yet is a rule not yet in the list. Version and suite were
/// checked by reading it.
@FunctionalInterface
interface KeyPackageCheck {
    /// @return what is wrong, for people; empty when nothing is
    Optional<String> violation(KeyPackage keyPackage, ClientId owner, Instant now);

    /// The rules that hold without reading signatures.
    ///
    /// @param lifetimeMax how far after now a lifetime may end
    static List<KeyPackageCheck> all(CredentialRule credentials, Duration lifetimeMax) {
        return List.of(source(), keysDiffer(), lifetime(lifetimeMax), credential(credentials));
    }

    static KeyPackageCheck source() {
        return (keyPackage, _, _) ->
                unless(
                        keyPackage.leafNodeSource() == LeafNodeSource.KEY_PACKAGE,
                        "the LeafNode was not made for a KeyPackage");
    }

    static KeyPackageCheck keysDiffer() {
        return (keyPackage, _, _) ->
                unless(
                        !keyPackage.initKey().equals(keyPackage.encryptionKey()),
                        "init_key and encryption_key are the same");
    }

    static KeyPackageCheck credential(CredentialRule rule) {
        return (keyPackage, owner, _) ->
                unless(
                        rule.accepts(keyPackage.credential(), owner),
                        "the credential does not name the client who publishes it");
    }

    /// The lifetime holds now and ends soon enough. Its bounds are unsigned: libraries write 2^64-1 for
    /// never.
    ///
    /// @param max [DirectoryLimits#LIFETIME_UNLIMITED] or a bound on what is left of it
    static KeyPackageCheck lifetime(Duration max) {
        return (keyPackage, _, now) -> {
            long second = now.getEpochSecond();
            long end = keyPackage.notAfter();
            if (Long.compareUnsigned(second, keyPackage.notBefore()) < 0) {
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

    private static Optional<String> unless(boolean kept, String violation) {
        return kept ? Optional.empty() : Optional.of(violation);
    }
}
