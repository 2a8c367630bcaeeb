package io.lockstep.client.mls;

/// Signals that the engine rejects a call: the message is invalid or of an unknown epoch, or the
/// change is impossible.
///
/// ```java
/// try {
///     show(group.process(message));
/// } catch (MlsException e) {
///     LOG.warn("group {}: a message is skipped: {}", group.id(), e.getMessage());
/// }
/// ```
public final class MlsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MlsException(String message) {
        super(message);
    }

    public MlsException(String message, Throwable cause) {
        super(message, cause);
    }
}
