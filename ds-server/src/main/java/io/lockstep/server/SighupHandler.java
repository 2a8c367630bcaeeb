package io.lockstep.server;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// SIGHUP, where the system has it: by default it would end the process, while operators send it to have
/// files read again. Java's API for signals is outside its specification, so it is looked up by name and may
/// be missing.
final class SighupHandler {
    private static final Logger LOG = LoggerFactory.getLogger(SighupHandler.class);

    private SighupHandler() {}

    /// @param action at each signal, on a thread of its own; what it throws is logged
    static void on(Runnable action) {
        try {
            var signal = Class.forName("sun.misc.Signal");
            var handler = Class.forName("sun.misc.SignalHandler");
            var calling =
                    Proxy.newProxyInstance(
                            SighupHandler.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (_, method, _) -> {
                                if (method.getName().equals("handle")) {
                                    guarded(action);
                                }
                                return null;
                            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), calling);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.warn("SIGHUP stops this server: {}", e.toString());
        }
    }

    /// The runtime calls `handle` alone.
    private static void guarded(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.error("on SIGHUP", e);
        }
    }
}
