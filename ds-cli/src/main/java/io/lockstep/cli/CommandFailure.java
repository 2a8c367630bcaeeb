package io.lockstep.cli;

import io.lockstep.client.ClientClosedException;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Code;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeoutException;

/// Signals that a command failed; the message is one sentence for the person at the terminal.
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;

    CommandFailure(String sentence) {
        this(sentence, "");
    }

    private CommandFailure(String sentence, String code) {
        super(sentence, null, false, false);
        this.code = code;
    }

    /// Whether the server refused the command with this code.
    boolean isRefusal(Code reason) {
        return code.equals(reason.wireName());
    }

    private static CommandFailure of(RefusedException refused) {
        var detail = refused.refusal().detail();
        return new CommandFailure(
                "the server refused it: "
                        + refused.code()
                        + (detail.isEmpty() ? "" : " (" + detail + ")"),
                refused.code());
    }

    private static CommandFailure of(ClientClosedException closed) {
        return closed.refusal()
                .filter(refusal -> refusal.code() == Code.UNAUTHENTICATED)
                .map(refusal ->
                        new CommandFailure("the server refuses the token: " + refusal.detail()))
                .orElseGet(() ->
                        new CommandFailure(
                                "the server closed the session: " + closed.getMessage()));
    }

    /// Returns the failure for an exception, with a sentence that says what went wrong.
    static CommandFailure of(Throwable why) {
        return switch (why) {
            case CommandFailure failure -> failure;
            case RefusedException refused -> of(refused);
            case ClientClosedException closed -> of(closed);
            case MlsException mls ->
                    new CommandFailure(
                            (mls.code().isEmpty() ? "" : mls.code() + ": ") + mls.getMessage());
            case UncheckedIOException io -> new CommandFailure(String.valueOf(io.getMessage()));
            default ->
                    why.getCause() instanceof TimeoutException
                            ? new CommandFailure("the server did not answer in time")
                            : why.getCause() instanceof RuntimeException cause
                                    ? of(cause)
                                    : new CommandFailure(why.toString());
        };
    }
}
