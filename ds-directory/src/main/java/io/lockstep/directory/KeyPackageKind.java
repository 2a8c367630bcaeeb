package io.lockstep.directory;

/// Where a client's KeyPackages of one kind lie, apart from its others.
///
/// @param version of MLS; 1 is RFC 9420
/// @param suite its cipher suite; 0 where the version is not 1, for then nothing in it is read
public record KeyPackageKind(int version, int suite) implements Comparable<KeyPackageKind> {
    static final int MLS10 = 1;
    private static final int U16_MAX = 0xffff;

    public KeyPackageKind {
        if (version < 1 || version > U16_MAX || suite < 0 || suite > U16_MAX) {
            throw new IllegalArgumentException("version and suite are numbers of 16 bits");
        }
        if ((version == MLS10) == (suite == 0)) {
            throw new IllegalArgumentException("a suite is known in version 1 and only there");
        }
    }

    /// KeyPackages of MLS 1.0.
    public static KeyPackageKind ofSuite(int suite) {
        return new KeyPackageKind(MLS10, suite);
    }

    /// KeyPackages of another version, kept as they are.
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
