package io.lockstep.redis;

import io.lockstep.wire.Bytes;

/// The purposes for which values are sealed. A value opens for its own purpose only.
public final class SealPurpose {
    public static final String KEYRING = "keyring";
    public static final String GROUP_ID = "group id";
    public static final String SUCCESSOR = "successor";
    public static final String DEPARTURES = "departures";
    public static final String GROUP_INFO = "group info";
    public static final String WELCOME = "welcome";
    public static final String CLIENT_NAME = "client name";
    public static final String KEY_PACKAGE = "key package";
    public static final String FEATURES = "features";
    public static final String CLAIM_POLICY = "claim policy";
    public static final String MAIL = "mail";

    private SealPurpose() {}

    /// @param group its name in Redis; it binds the key to its group
    public static String groupKey(String group) {
        return "group key " + group;
    }

    /// Binds a chunk to its index and blob.
    public static String blobChunk(Bytes sha256, int chunk) {
        return blobChunk(sha256.hex(), Integer.toString(chunk));
    }

    static String blobChunk(String sha256, String chunk) {
        return "blob " + sha256 + " " + chunk;
    }
}
