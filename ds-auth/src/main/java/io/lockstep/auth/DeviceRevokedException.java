package io.lockstep.auth;

/// Thrown when a token is valid, but its device was revoked after the token was issued: at
/// authentication, or during an upload of KeyPackages.
public final class DeviceRevokedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DeviceRevokedException() {
        super("the device was revoked", null, false, false);
    }
}
