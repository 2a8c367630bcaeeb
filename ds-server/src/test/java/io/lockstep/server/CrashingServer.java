package io.lockstep.server;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.DevAuthenticator;
import io.lockstep.directory.InboxStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A development server that halts, as by kill -9, at the moment when it would file a Welcome for a
/// given device. At that time the commit is in the log and no client has an answer. A separate
/// program, for end-to-end tests.
public final class CrashingServer {
    /// The exit code that a shell reports for a killed process.
    private static final int KILLED = 137;

    private CrashingServer() {}

    /// @param arguments the data folder, and the device whose inbox item is not filed
    public static void main(String[] arguments) throws InterruptedException {
        LogSetup.quiet();
        var settings = DevServerIT.settings(Map.of());
        var folder = DataFolder.open(Path.of(arguments[0]));
        var clock = Clock.systemUTC();
        var keys = folder.deploymentKeys();
        var metrics = new Metrics();
        var store =
                halting(
                        StoreFactory.forDevelopment(
                                settings, folder, keys, clock, metrics.registry()),
                        arguments[1]);
        var wiring =
                new Wiring(
                        new Wiring.WiringInput(
                                settings,
                                store,
                                new DevAuthenticator(),
                                Optional.empty(),
                                clock,
                                metrics));
        var addresses = wiring.start();
        folder.announce(
                """
                {"ws":"ws://127.0.0.1:%1$d/v1/ws","http":"http://127.0.0.1:%1$d","operations":"http://127.0.0.1:%2$d","redis":"%3$s","pid":%4$d}
                """
                        .formatted(
                                addresses.clients().socket().getPort(),
                                addresses.operations().getPort(),
                                store.ownersUri(),
                                ProcessHandle.current().pid()));
        Thread.currentThread().join();
    }

    private static Store halting(Store store, String device) {
        var inboxes =
                intercepted(
                        InboxStore.class,
                        store.inboxes(),
                        (method, arguments) -> {
                            if (method.getName().equals("file") && names(arguments[1], device)) {
                                Runtime.getRuntime().halt(KILLED);
                            }
                            return method.invoke(store.inboxes(), arguments);
                        });
        return intercepted(
                Store.class,
                store,
                (method, arguments) ->
                        method.getName().equals("inboxes")
                                ? inboxes
                                : method.invoke(store, arguments));
    }

    /// Whether an item is for the device.
    private static boolean names(Object items, String device) {
        return items instanceof Map<?, ?> byClient
                && byClient.keySet().stream()
                        .anyMatch(c ->
                                c instanceof ClientId client && client.device().equals(device));
    }

    private interface Calls {
        @Nullable Object call(Method method, Object[] arguments)
                throws ReflectiveOperationException;
    }

    /// Works for any method of the interface.
    private static <T> T intercepted(Class<T> type, T real, Calls calls) {
        return type.cast(
                Proxy.newProxyInstance(
                        real.getClass().getClassLoader(),
                        new Class<?>[] {type},
                        (_, method, arguments) -> {
                            try {
                                return calls.call(method, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        }));
    }
}
