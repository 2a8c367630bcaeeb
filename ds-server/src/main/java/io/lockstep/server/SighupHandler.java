package io.lockstep.server;

import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs an action on SIGHUP, on systems that have it. By default SIGHUP ends the process, but
/// operators send it to reload files. Java's signal API is not part of the platform specification,
/// so this class looks it up by name, and it may be missing.
final class SighupHandler {
    private static final Logger LOG = LoggerFactory.getLogger(SighupHandler.class);

    private SighupHandler() {}

    /// @param action runs at each signal, on a separate thread; an exception is logged
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

    /// The JVM calls only `handle`.
    private static void guarded(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.error("on SIGHUP", e);
        }
    }
}
