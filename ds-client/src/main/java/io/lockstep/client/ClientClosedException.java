package io.lockstep.client;

/// The client is closed, or the server will not have it back; [#getMessage] says which. A submission that ends with
/// this may have been accepted.
public final class ClientClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ClientClosedException(String why) {
        super(why);
    }
}
