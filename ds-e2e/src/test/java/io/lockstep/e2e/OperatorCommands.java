package io.lockstep.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs `lockstep groups` in this process, with the token that the servers under test take.
record OperatorCommands(Path tokenFile) {
    static final String TOKEN = "0123456789abcdef0123456789abcdef";

    /// Writes the token into a file of this folder.
    static OperatorCommands in(Path folder) {
        try {
            return new OperatorCommands(
                    Files.writeString(folder.resolve("operator.token"), TOKEN + "\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Arguments for a server that takes the token.
    String[] withToken() {
        return new String[] {"--set", "operations.token-file=" + tokenFile};
    }

    CommandRunner.Ran groups(KillableServer node, String... arguments) {
        var all = new ArrayList<>(List.of("groups"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--operations", node.operations().toString()));
        all.addAll(List.of("--token-file", tokenFile.toString()));
        return CommandRunner.inThisProcess(all);
    }
}
