package io.lockstep.directory;

/// The kind of a KeyPackage: its MLS version and cipher suite. Limits and claims apply to each kind
/// of a client separately.
///
/// @param version MLS version; 1 is RFC 9420
/// @param suite cipher suite; 0 for any other version, whose KeyPackages are not parsed
public record KeyPackageKind(int version, int suite) implements Comparable<KeyPackageKind> {
    static final int MLS10 = 1;
    private static final int U16_MAX = 0xffff;

    public KeyPackageKind {
        if (version < 1 || version > U16_MAX || suite < 0 || suite > U16_MAX) {
            throw new IllegalArgumentException("version and suite must be numbers of 16 bits");
        }
        if ((version == MLS10) == (suite == 0)) {
            throw new IllegalArgumentException("a suite is required in version 1, and only there");
        }
    }

    /// A kind of MLS 1.0.
    public static KeyPackageKind ofSuite(int suite) {
        return new KeyPackageKind(MLS10, suite);
    }

    /// The kind of another version, whose KeyPackages are stored without parsing.
    public static KeyPackageKind ofVersion(int version) {
        return new KeyPackageKind(version, 0);
    }

    public boolean isOpaque() {
        return version != MLS10;
    }

    @Override
    public int compareTo(KeyPackageKind other) {
        return version != other.version
                ? Integer.compare(version, other.version)
                : Integer.compare(suite, other.suite);
    }
}
