package io.lockstep.server;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/// The file that holds a deployment's keys, each on a line of its own: 64 hexadecimal digits, with
/// optional white space around them. The first one is current. Empty lines, and lines that begin
/// with `#`, are ignored.
final class DeploymentKeyFile {
    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{64}");

    private DeploymentKeyFile() {}

    /// @throws StartupException if the file is missing or holds no keys; the message never quotes
    /// the content
    static DeploymentKeys read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException e) {
            throw new StartupException(
                    "the deployment key file " + file + " cannot be read: " + e, e);
        }
        var lines =
                text.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                        .toList();
        if (lines.isEmpty() || !lines.stream().allMatch(line -> TEXT.matcher(line).matches())) {
            throw new StartupException(
                    "the deployment key file "
                            + file
                            + " does not hold 64 hexadecimal digits on each line",
                    null);
        }
        try {
            return new DeploymentKeys(
                    lines.stream().map(line -> DeploymentKey.of(Bytes.ofHex(line))).toList());
        } catch (IllegalArgumentException e) {
            throw new StartupException(
                    "the deployment key file " + file + ": " + e.getMessage(), e);
        }
    }
}
