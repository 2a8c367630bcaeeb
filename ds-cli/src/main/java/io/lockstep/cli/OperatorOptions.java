package io.lockstep.cli;

import io.lockstep.cli.program.ServerAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The options that name the operations port of a server and the operator's token.
final class OperatorOptions {
    private static final URI DEFAULT = URI.create("http://127.0.0.1:7421");

    @Option(
            names = "--operations",
            paramLabel = "URL",
            converter = ServerAddress.class,
            description =
                    "the operations port of any node (default: that of the development server that"
                            + " was started in this folder, else http://127.0.0.1:7421)")
    private Optional<URI> operations = Optional.empty();

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            required = true,
            defaultValue = "${env:LOCKSTEP_OPERATOR_TOKEN_FILE}",
            description =
                    "the file with the operator's token, as in operations.token-file of the server"
                            + " (default: environment variable LOCKSTEP_OPERATOR_TOKEN_FILE)")
    private Path tokenFile = Path.of("");

    OperatorClient client() {
        return new OperatorClient(
                operations.orElseGet(() -> DevServerFile.address("operations").orElse(DEFAULT)),
                token());
    }

    private String token() {
        try {
            return Files.readString(tokenFile).strip();
        } catch (IOException e) {
            throw new CommandFailure("the token file " + tokenFile + " cannot be read: " + e);
        }
    }
}
