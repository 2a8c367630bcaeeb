package io.lockstep.wire.mls;

/// The first two fields of an MLSMessage: `u16 version; u16 wire_format` (RFC 9420 §6).
final class WireFormats {
    static final int MLS10 = 1;

    static final int PUBLIC_MESSAGE = 1;
    static final int PRIVATE_MESSAGE = 2;
    static final int WELCOME = 3;
    static final int GROUP_INFO = 4;
    static final int KEY_PACKAGE = 5;

    private WireFormats() {}
}
