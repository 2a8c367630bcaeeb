package io.lockstep.auth;

import java.util.regex.Pattern;

/// One device of one user: what RFC 9750 §3.1 calls a client. Written `user/device`.
///
/// @param user 1 to 64 of letters, digits and `._@-`, but neither `.` nor `..`
/// @param device 1 to 64 of the same
public record ClientId(String user, String device) {
    /// Not `.` and not `..`: URLs (RFC 3986 §5.2.4) cannot name them, percent-encoded neither, as
    /// proxies and browsers take those segments out of a path.
    private static final Pattern PART = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._@-]{1,64}");

    public ClientId {
        if (!PART.matcher(user).matches() || !PART.matcher(device).matches()) {
            throw new IllegalArgumentException(
                    "a client is user/device, each 1 to 64 of letters, digits and . _ @ -,"
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
