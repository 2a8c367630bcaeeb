package io.lockstep.server;

import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.gateway.TransportChoice;
import io.lockstep.server.config.ServerSettings;
import io.netty.channel.epoll.Epoll;
import io.netty.handler.ssl.OpenSsl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Warnings about faster paths that this machine does not offer, each with its remedy. The server
/// starts without them, so only a warning informs operators.
final class PerformanceWarnings {
    private PerformanceWarnings() {}

    /// The features of the machine.
    ///
    /// @param linux other systems have neither epoll nor io_uring, and no remedy
    /// @param platform operating system and architecture, for people
    /// @param noEpoll why epoll is not available
    /// @param noIoUring why io_uring is not available
    /// @param noBoringSsl why the JDK provides TLS; empty also without TLS
    /// @param libraries the folder to which native libraries are unpacked
    /// @param canUnpack whether that folder is writable
    record MachineFeatures(
            boolean linux,
            String platform,
            Optional<String> noEpoll,
            Optional<String> noIoUring,
            Optional<String> noBoringSsl,
            Path libraries,
            boolean canUnpack) {}

    static MachineFeatures thisMachine(ServerSettings settings) {
        var libraries =
                Path.of(
                        System.getProperty(
                                "io.netty.native.workdir", System.getProperty("java.io.tmpdir")));
        boolean tls = settings.tls().certificate().isPresent();
        return new MachineFeatures(
                System.getProperty("os.name").equals("Linux"),
                System.getProperty("os.name") + " on " + System.getProperty("os.arch"),
                why(Epoll.unavailabilityCause()),
                WritePathChoice.whyNoRing(),
                tls ? why(OpenSsl.unavailabilityCause()) : Optional.empty(),
                libraries,
                Files.isWritable(libraries));
    }

    private static Optional<String> why(@Nullable Throwable cause) {
        var root = cause;
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        return Optional.ofNullable(root).map(Throwable::toString);
    }

    /// One sentence for each warning.
    static List<String> warnings(ServerSettings settings, MachineFeatures machine) {
        var warnings = new ArrayList<String>();
        if (!machine.linux()) {
            return warnings;
        }
        var nativeRemedy = nativeRemedy(machine);
        if (settings.listen().transport() == TransportChoice.AUTO) {
            machine.noEpoll()
                    .ifPresent(why ->
                            warnings.add(
                                    "SLOWER: sockets are driven by nio in place of epoll ("
                                            + why
                                            + "); "
                                            + nativeRemedy));
        }
        if (settings.listen().writePath() == WritePathChoice.AUTO && machine.noEpoll().isEmpty()) {
            machine.noIoUring()
                    .ifPresent(why ->
                            warnings.add(
                                    "SLOWER: broadcasts use one system call for each socket,"
                                            + " because io_uring cannot be used ("
                                            + why
                                            + "); allow io_uring_setup, io_uring_enter and"
                                            + " io_uring_register in the container's seccomp"
                                            + " profile, or set"
                                            + " listen.write-path direct to accept it"));
        }
        machine.noBoringSsl()
                .ifPresent(why ->
                        warnings.add(
                                "SLOWER: TLS is by the JDK instead of BoringSSL and takes 35 KiB"
                                        + " more memory for each connection ("
                                        + why
                                        + "); "
                                        + nativeRemedy));
        return warnings;
    }

    private static String nativeRemedy(MachineFeatures machine) {
        return machine.canUnpack()
                ? "native libraries are part of the distribution for Linux on x86_64 and aarch_64,"
                        + " this is "
                        + machine.platform()
                : "native libraries are unpacked into "
                        + machine.libraries()
                        + ", which cannot be written: mount a writable folder there, or name one"
                        + " with"
                        + " -Dio.netty.native.workdir";
    }
}
