package io.lockstep.directory;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Makes one call to a store fail: the n-th through all wrapped ports. It fails either before the
/// store executes it, or after, so that only the reply is lost.
final class Faults {
    enum When {
        BEFORE,
        AFTER
    }

    private final int failing;
    private final When when;
    private final List<String> calls = new ArrayList<>();

    /// @param failing which call, from 1; 0 for none
    Faults(int failing, When when) {
        this.failing = failing;
        this.when = when;
    }

    /// The calls in order.
    synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    private synchronized boolean next(String call) {
        calls.add(call);
        return calls.size() == failing;
    }

    /// Wraps a port. Every Mono counts as one call when it is subscribed.
    <T> T wrap(Class<T> port, T real) {
        return port.cast(
                Proxy.newProxyInstance(
                        port.getClassLoader(),
                        new Class<?>[] {port},
                        (_, method, arguments) -> {
                            Object answer;
                            try {
                                answer = method.invoke(real, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                            if (answer instanceof Flux<?> || !(answer instanceof Mono<?> mono)) {
                                return answer;
                            }
                            return Mono.defer(() -> {
                                if (!next(method.getName())) {
                                    return mono;
                                }
                                var failure =
                                        Mono.error(
                                                new DirectoryUnavailableException(
                                                        "injected", null));
                                return when == When.BEFORE ? failure : mono.then(failure);
                            });
                        }));
    }
}
