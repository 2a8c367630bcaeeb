package io.lockstep.cli;

import io.lockstep.cli.program.ServerAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/// The options that name the device of a command and its server.
final class DeviceOptions {
    private static final Pattern NAME =
            Pattern.compile("([A-Za-z0-9._@-]{1,64})/([A-Za-z0-9._@-]{1,64})");
    private static final URI DEFAULT = URI.create("http://127.0.0.1:7420");

    @Option(
            names = "--as",
            paramLabel = "USER/DEVICE",
            required = true,
            defaultValue = "${env:LOCKSTEP_AS}",
            description = "the device to act for (default: environment variable LOCKSTEP_AS)")
    private String name = "";

    @Option(
            names = "--server",
            paramLabel = "URL",
            converter = ServerAddress.class,
            description =
                    "the server's address (default: that of the development server that was started"
                            + " in this folder, else http://127.0.0.1:7420)")
    private Optional<URI> server = Optional.empty();

    @Option(
            names = "--state",
            paramLabel = "FOLDER",
            description =
                    "where the device's keys and groups are kept (default:"
                            + " ~/.lockstep/USER/DEVICE)")
    private Optional<Path> state = Optional.empty();

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            defaultValue = "${env:LOCKSTEP_TOKEN}",
            description =
                    "session token (default: environment variable LOCKSTEP_TOKEN, else that of a"
                            + " development server)")
    private Optional<String> token = Optional.empty();

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            defaultValue = "${env:LOCKSTEP_CA}",
            description =
                    "PEM file with the certificates to trust in place of the Java platform's"
                            + " (default: environment variable LOCKSTEP_CA)")
    private Optional<Path> ca = Optional.empty();

    /// @param name `user/device`
    /// @param ca authorities to trust; empty: those of the Java platform
    record Profile(
            String name, URI webSocket, URI http, Path folder, String token, Optional<Path> ca) {
        String user() {
            return name.substring(0, name.indexOf('/'));
        }
    }

    Profile profile() {
        var parts = NAME.matcher(name);
        if (!parts.matches()) {
            throw new CommandFailure("--as needs user/device, not \"" + name + "\"");
        }
        var http = server.orElseGet(() -> DevServerFile.address("http").orElse(DEFAULT));
        return new Profile(
                name,
                ServerAddress.webSocketOf(http),
                http,
                state.orElseGet(() ->
                        home().resolve(".lockstep")
                                .resolve(parts.group(1))
                                .resolve(parts.group(2))),
                token.filter(t -> !t.isEmpty()).orElse("dev:" + name),
                ca.filter(file -> !file.toString().isEmpty()));
    }

    /// Returns the shell's `~`. The JVM takes `user.home` from the list of accounts, and it may
    /// differ.
    private static Path home() {
        var shell = System.getenv("HOME");
        return Path.of(shell == null || shell.isEmpty() ? System.getProperty("user.home") : shell);
    }
}
