package io.lockstep.gateway.session;

import io.lockstep.auth.TokenGrant;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// The state of a session whose client is not known yet: the time limit of the `hello`, and the
/// call to the authentication service.
final class PendingLogin {
    private final SessionContext context;
    private final SessionIo io;

    /// Null until it is set.
    private @Nullable Future<?> helloTimeout;

    private Disposable authentication = Disposables.disposed();

    PendingLogin(SessionContext context, SessionIo io) {
        this.context = context;
        this.io = io;
    }

    void awaitHello(EventLoop loop, Runnable otherwise) {
        Duration limit = context.limits().helloTimeout();
        helloTimeout = loop.schedule(otherwise, limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Calls back on the session's event loop.
    void authenticate(String token, Consumer<TokenGrant> holds, Consumer<Throwable> fails) {
        cancelHelloTimeout();
        authentication =
                context.services()
                        .authenticator()
                        .authenticate(token)
                        .timeout(context.limits().authenticationTimeout())
                        .subscribe(
                                session -> io.onLoop(() -> holds.accept(session)),
                                error -> io.onLoop(() -> fails.accept(error)));
    }

    void cancel() {
        cancelHelloTimeout();
        authentication.dispose();
    }

    private void cancelHelloTimeout() {
        if (helloTimeout != null) {
            helloTimeout.cancel(false);
        }
    }
}
