package io.lockstep.wire.mls;

/// The first two fields of an MLSMessage: `u16 version; u16 wire_format` (RFC 9420 §6).
public final class WireFormats {
    public static final int MLS10 = 1;

    public static final int PUBLIC_MESSAGE = 1;
    public static final int PRIVATE_MESSAGE = 2;
    public static final int WELCOME = 3;
    public static final int GROUP_INFO = 4;
    public static final int KEY_PACKAGE = 5;

    private WireFormats() {}
}
