package io.lockstep.cli;

import io.lockstep.client.ClientClosedException;
import io.lockstep.client.RefusedException;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Code;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeoutException;

/// A command could not do it; the message is one sentence for whoever typed it.
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final String UNAUTHENTICATED = Code.UNAUTHENTICATED.wireName() + ": ";

    CommandFailure(String sentence) {
        super(sentence, null, false, false);
    }

    /// The reason that a close frame gives ends the message, such as `unauthenticated: token_expired`.
    private static String ofClose(ClientClosedException closed) {
        var message = String.valueOf(closed.getMessage());
        int at = message.indexOf(UNAUTHENTICATED);
        return at < 0
                ? "the server closed the session: " + message
                : "the server refuses the token: "
                        + message.substring(at + UNAUTHENTICATED.length());
    }

    /// What went wrong, in a sentence.
    static CommandFailure of(Throwable why) {
        return switch (why) {
            case CommandFailure failure -> failure;
            case RefusedException refused ->
                    new CommandFailure(
                            "the server refused it: "
                                    + refused.code()
                                    + (refused.refusal().detail().isEmpty()
                                            ? ""
                                            : " (" + refused.refusal().detail() + ")"));
            case ClientClosedException closed -> new CommandFailure(ofClose(closed));
            case MlsException mls -> new CommandFailure(String.valueOf(mls.getMessage()));
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
