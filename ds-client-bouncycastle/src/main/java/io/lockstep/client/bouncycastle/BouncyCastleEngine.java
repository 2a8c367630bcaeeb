package io.lockstep.client.bouncycastle;

import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// A factory of [MlsEngine]s on Bouncy Castle's MLS. Each engine has its own copy of Bouncy
/// Castle's classes.
///
/// Bouncy Castle's MLS keeps one digest, signer and AEAD per cipher suite in static fields. Two
/// threads that use them at the same time corrupt them permanently. A class loader per engine gives
/// each engine its own copy of those fields, and [EngineThread] confines the engine to one thread.
///
/// Bouncy Castle's MLS cannot compute the update path of a tree with one leaf. So two calls fail
/// with the code [io.lockstep.client.mls.MlsException#ENGINE_LIMIT]: a commit that leaves one
/// member in the group, and an external commit by which the only member rejoins.
///
/// ```java
/// try (var mls = BouncyCastleEngine.start("mls", InstantSource.system())) {
///     Mono<MlsIdentity> alice = mls.call(engine -> engine.newIdentity(identity, 1));
/// }
/// ```
public final class BouncyCastleEngine {
    private static final String PACKAGE = "io.lockstep.client.bouncycastle.isolated.";
    private static final String IMPLEMENTATION = PACKAGE + "BcEngine";
    private static final List<String> ISOLATED = List.of("org.bouncycastle.", PACKAGE);

    private BouncyCastleEngine() {}

    /// Starts an engine on its own thread.
    ///
    /// @param name name of the thread
    public static EngineThread start(String name, InstantSource clock) {
        return EngineThread.start(name, () -> load(clock));
    }

    /// Creates an engine that the caller confines to one thread.
    public static MlsEngine load(InstantSource clock) {
        try {
            // The loader lives as long as the engine's classes are in use. It keeps no file open
            // after they are loaded.
            var loader = new IsolatedLoader(locations());
            return Class.forName(IMPLEMENTATION, true, loader)
                    .asSubclass(MlsEngine.class)
                    .getConstructor(InstantSource.class)
                    .newInstance(clock);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("the MLS engine cannot be loaded", e);
        }
    }

    /// The locations of the isolated classes on this class path, found by one example class per
    /// jar.
    private static URL[] locations() {
        return Stream.of(
                        BouncyCastleEngine.class.getName().replace('.', '/') + ".class",
                        "org/bouncycastle/mls/protocol/Group.class",
                        "org/bouncycastle/crypto/AsymmetricCipherKeyPair.class",
                        "org/bouncycastle/cms/CMSSignedData.class",
                        "org/bouncycastle/asn1/cms/ContentInfo.class")
                .flatMap(BouncyCastleEngine::rootOf)
                .distinct()
                .map(BouncyCastleEngine::url)
                .toArray(URL[]::new);
    }

    private static Stream<URI> rootOf(String example) {
        var resource = ClassLoader.getSystemResource(example);
        if (resource == null) {
            return Stream.empty();
        }
        var text = resource.toString();
        // In a multi-release jar the class may be in a subfolder: only the jar counts.
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
            throw new IllegalStateException("not a location on the class path: " + uri, e);
        }
    }

    /// A class loader that loads the isolated packages itself and delegates all others to its
    /// parent.
    private static final class IsolatedLoader extends URLClassLoader {
        IsolatedLoader(URL[] locations) {
            super(
                    "isolated-mls",
                    locations,
                    Objects.requireNonNull(BouncyCastleEngine.class.getClassLoader()));
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
