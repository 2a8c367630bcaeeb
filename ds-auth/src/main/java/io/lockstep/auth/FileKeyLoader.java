package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.text.ParseException;
import java.util.Optional;

/// Loads a JSON Web Key Set from a file, which the operator replaces to rotate keys, and tells by
/// the file's attributes when it was replaced.
record FileKeyLoader(Path file) implements KeyLoader {
    /// Contains the inode, because a file that is moved into place may have an old modification
    /// time.
    private record Version(FileTime modified, long bytes, Optional<Object> inode) {}

    @Override
    public JWKSet load() throws IOException, ParseException {
        // Reading a pipe or a device might never end.
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("not a regular file");
        }
        try (var in = Files.newInputStream(file)) {
            var content = in.readNBytes(BYTES_MAX + 1);
            if (content.length > BYTES_MAX) {
                throw new IOException("longer than " + BYTES_MAX + " bytes");
            }
            return KeySetParser.parse(new String(content, StandardCharsets.UTF_8), where());
        }
    }

    @Override
    public boolean isVersioned() {
        return true;
    }

    @Override
    public Object version() throws IOException {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Version(
                attributes.lastModifiedTime(),
                attributes.size(),
                Optional.ofNullable(attributes.fileKey()));
    }

    @Override
    public String where() {
        return file.toString();
    }
}
