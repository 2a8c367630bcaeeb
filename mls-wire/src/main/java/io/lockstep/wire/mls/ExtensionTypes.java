package io.lockstep.wire.mls;

/// Extension types (RFC 9420 §17.3 and draft-ietf-mls-extensions) that the server interprets.
public final class ExtensionTypes {
    public static final int RATCHET_TREE = 0x0002;
    public static final int EXTERNAL_PUB = 0x0004;

    /// `struct { u16 component; opaque data<V>; } component_data<V>`.
    public static final int APP_DATA_DICTIONARY = 0x0006;

    /// Has no data; marks a last-resort KeyPackage in deployed clients.
    public static final int LAST_RESORT = 0x000a;

    /// The component of an app_data_dictionary that marks a last-resort KeyPackage in newer drafts.
    public static final int LAST_RESORT_COMPONENT = 0x0004;

    private ExtensionTypes() {}
}
