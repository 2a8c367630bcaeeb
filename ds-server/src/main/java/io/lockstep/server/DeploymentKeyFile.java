package io.lockstep.server;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// The file that holds a deployment's secret: 64 hexadecimal digits, with optional white space
/// around them.
final class DeploymentKeyFile {
    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{64}");

    private DeploymentKeyFile() {}

    /// @throws StartupException if the file is missing or holds no key; the message never quotes
    /// the content
    static DeploymentKey read(Path file) {
        String text;
        try {
            text = Files.readString(file).strip();
        } catch (IOException e) {
            throw new StartupException(
                    "the deployment key file " + file + " cannot be read: " + e, e);
        }
        if (!TEXT.matcher(text).matches()) {
            throw new StartupException(
                    "the deployment key file " + file + " does not hold 64 hexadecimal digits",
                    null);
        }
        return DeploymentKey.of(Bytes.ofHex(text));
    }
}
