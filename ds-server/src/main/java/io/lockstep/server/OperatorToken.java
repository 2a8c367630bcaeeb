package io.lockstep.server;

import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.regex.Pattern;

/// The secret of the operator, for operations on groups. It is in a file, with optional white space
/// around it. [#reload] reads the file again.
final class OperatorToken {
    /// Characters of a bearer token (RFC 6750 §2.1); long enough that nobody guesses it.
    private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9._~+/=-]{32,1024}");

    private static final String BEARER = "Bearer ";

    private final Path file;
    private volatile Bytes hash;

    /// @throws StartupException if the file is missing or holds no token; the message never quotes
    /// the content
    OperatorToken(Path file) {
        this.file = file;
        hash = read(file);
    }

    private static Bytes read(Path file) {
        String text;
        try {
            text = Files.readString(file).strip();
        } catch (IOException e) {
            throw new StartupException(
                    "operations.token-file: " + file + " cannot be read: " + e, e);
        }
        if (!TEXT.matcher(text).matches()) {
            throw new StartupException(
                    "operations.token-file: "
                            + file
                            + " does not hold a token of 32 to 1024 characters; make one with:"
                            + " openssl rand -hex 32",
                    null);
        }
        return hashOf(text);
    }

    /// Keeps the earlier token if the file is wrong.
    ///
    /// @throws StartupException as the constructor
    void reload() {
        hash = read(file);
    }

    /// Whether the value of the header `Authorization` has the token. It compares hashes, in
    /// constant time, so that the time tells nothing of the token.
    boolean isIn(String authorization) {
        return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                && MessageDigest.isEqual(
                        hashOf(authorization.substring(BEARER.length()).strip()).toArray(),
                        hash.toArray());
    }

    private static Bytes hashOf(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8)).sha256();
    }
}
