package io.lockstep.client;

import io.lockstep.wire.Code;
import io.lockstep.wire.Refusal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Signals that the client is closed: the application closed it, or the server rejects it for good.
/// [#getMessage] gives the reason. A submission that fails with this exception may have been
/// accepted.
///
/// ```java
/// client.send(group, message)
///         .doOnError(ClientClosedException.class, e -> outbox.keep(group, message))
///         .subscribe();
/// ```
public final class ClientClosedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Refusal refusal;

    public ClientClosedException(String why) {
        this(why, Optional.empty());
    }

    /// @param refusal the refusal with which the server closed the session; empty if it did not
    public ClientClosedException(String why, Optional<Refusal> refusal) {
        super(why);
        this.refusal = refusal.orElse(null);
    }

    /// Returns the refusal with which the server closed the session; empty if the application
    /// closed the client.
    public Optional<Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }

    /// Whether the server closed the session with this code.
    public boolean is(Code reason) {
        return refusal != null && refusal.code() == reason;
    }
}
