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

/// A key set in a file that an operator replaces to rotate keys.
record FileKeyLoader(Path file) implements KeyLoader {
    /// The inode is part of it: a file moved into place may carry an old time.
    private record Version(FileTime modified, long bytes, Optional<Object> inode) {}

    @Override
    public JWKSet load() throws IOException, ParseException {
        // A pipe or a device could be read for ever.
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
