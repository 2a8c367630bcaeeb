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

    /// The code when RFC 9420 allows the call, but the engine's library cannot carry it out.
    public static final String ENGINE_LIMIT = "engine_limit";

    private final String code;

    public MlsException(String message) {
        super(message);
        code = "";
    }

    public MlsException(String message, Throwable cause) {
        super(message, cause);
        code = "";
    }

    private MlsException(String code, String message) {
        super(message);
        this.code = code;
    }

    /// @param message names the library and what it cannot do
    public static MlsException engineLimit(String message) {
        return new MlsException(ENGINE_LIMIT, message);
    }

    /// [#ENGINE_LIMIT], or empty.
    public String code() {
        return code;
    }
}
