package io.lockstep.client.mls;

import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/// A Bouncy Castle engine with classes and a thread of its own.
///
/// Bouncy Castle's MLS keeps one digest, signer and AEAD per cipher suite in static fields: two threads in it
/// at once corrupt each other for good. Loaded anew by each engine's own class loader, those fields exist once
/// per engine, and one thread per engine is all that ever touches them. Many identities may share an engine.
///
/// Thread-safe.
public final class IsolatedEngine implements Executor, AutoCloseable {
    private static final String IMPLEMENTATION = "io.lockstep.client.mls.bcmls.BcEngine";
    private static final List<String> ISOLATED =
            List.of("org.bouncycastle.", "io.lockstep.client.mls.bcmls.");

    private final ExecutorService thread;
    private final MlsEngine engine;

    private IsolatedEngine(ExecutorService thread, MlsEngine engine) {
        this.thread = thread;
        this.engine = engine;
    }

    /// @param name of the thread
    public static IsolatedEngine start(String name, InstantSource clock) {
        var thread =
                Executors.newSingleThreadExecutor(task -> {
                    var t = new Thread(task, name);
                    t.setDaemon(true);
                    return t;
                });
        return new IsolatedEngine(thread, load(clock));
    }

    private static MlsEngine load(InstantSource clock) {
        try {
            // Lives as long as the engine's classes are in use; it holds no file once they are
            // loaded.
            var loader = new IsolatedLoader(locations());
            return Class.forName(IMPLEMENTATION, true, loader)
                    .asSubclass(MlsEngine.class)
                    .getConstructor(InstantSource.class)
                    .newInstance(clock);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the MLS engine cannot be loaded", e);
        }
    }

    /// Where the isolated classes come from: this class path, by an example class of each jar.
    private static URL[] locations() {
        return Stream.of(
                        "io/lockstep/client/mls/IsolatedEngine.class",
                        "org/bouncycastle/mls/protocol/Group.class",
                        "org/bouncycastle/crypto/AsymmetricCipherKeyPair.class",
                        "org/bouncycastle/cms/CMSSignedData.class",
                        "org/bouncycastle/asn1/cms/ContentInfo.class")
                .flatMap(IsolatedEngine::rootOf)
                .distinct()
                .map(IsolatedEngine::url)
                .toArray(URL[]::new);
    }

    private static Stream<URI> rootOf(String example) {
        var resource = ClassLoader.getSystemResource(example);
        if (resource == null) {
            return Stream.empty();
        }
        var text = resource.toString();
        // In a jar of several releases the class may lie deeper: what counts is the jar.
        int inJar = text.indexOf("!/");
        return Stream.of(
                URI.create(
                        inJar >= 0
                                ? text.substring("jar:".length(), inJar)
                                : text.substring(0, text.length() - example.length())));
    }

    private static URL url(URI uri) {
        try {
            return uri.toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("not a place on the class path: " + uri, e);
        }
    }

    /// Does something with the engine, on its thread; completes there.
    public <T> Mono<T> call(Function<MlsEngine, T> task) {
        return Mono.create(sink ->
                execute(() -> {
                    try {
                        sink.success(task.apply(engine));
                    } catch (RuntimeException | Error e) {
                        // Errors too: whoever waits for the outcome must learn it.
                        sink.error(e);
                    }
                }));
    }

    /// Runs on the engine's thread, after everything that was handed in before. Dropped once closed.
    @Override
    public void execute(Runnable task) {
        try {
            thread.execute(task);
        } catch (RejectedExecutionException e) {
            if (!thread.isShutdown()) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /// Loads the isolated packages itself, everything else as its parent does.
    private static final class IsolatedLoader extends URLClassLoader {
        IsolatedLoader(URL[] locations) {
            super(
                    "isolated-mls",
                    locations,
                    Objects.requireNonNull(IsolatedEngine.class.getClassLoader()));
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (ISOLATED.stream().noneMatch(name::startsWith)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                var loaded = findLoadedClass(name);
                var found = loaded != null ? loaded : findClass(name);
                if (resolve) {
                    resolveClass(found);
                }
                return found;
            }
        }
    }
}
