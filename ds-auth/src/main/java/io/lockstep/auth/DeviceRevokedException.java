package io.lockstep.auth;

/// The token is valid, but its device was revoked after the token was issued.
public final class DeviceRevokedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DeviceRevokedException() {
        super("the device was revoked", null, false, false);
    }
}
