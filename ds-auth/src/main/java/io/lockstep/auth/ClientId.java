package io.lockstep.auth;

import java.util.regex.Pattern;

/// The id of a client in the sense of RFC 9750 §3.1: one device of one user. Written `user/device`.
///
/// @param user 1 to 64 letters, digits and `._@-`, but neither `.` nor `..`
/// @param device 1 to 64 of the same characters
public record ClientId(String user, String device) {
    /// Excludes `.` and `..`: URLs (RFC 3986 §5.2.4) cannot name them, even percent-encoded,
    /// because proxies and browsers remove those segments from a path.
    private static final Pattern PART = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._@-]{1,64}");

    public ClientId {
        if (!PART.matcher(user).matches() || !PART.matcher(device).matches()) {
            throw new IllegalArgumentException(
                    "a client is user/device, each 1 to 64 letters, digits and . _ @ -,"
                            + " but neither . nor ..");
        }
    }

    /// @throws IllegalArgumentException when it is not `user/device`
    public static ClientId parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("a client is user/device");
        }
        return new ClientId(text.substring(0, slash), text.substring(slash + 1));
    }

    @Override
    public String toString() {
        return user + "/" + device;
    }
}
