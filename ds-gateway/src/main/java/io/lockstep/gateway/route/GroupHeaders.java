package io.lockstep.gateway.route;

import io.lockstep.gateway.http.Request;
import io.lockstep.log.BlobReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The HTTP headers that tell about a group:
///
/// ```
/// Lockstep-Epoch: 7
/// Lockstep-Ratchet-Tree: <SHA-256, 64 hex digits>;size=<bytes>
/// Lockstep-Proposals: 12,15[;more]
/// Lockstep-Position: 17
/// ```
final class GroupHeaders {
    static final String EPOCH = "lockstep-epoch";
    static final String TREE = "lockstep-ratchet-tree";
    static final String PROPOSALS = "lockstep-proposals";

    static final String POSITION = "lockstep-position";

    /// A position has at most 16 digits: about a kilobyte, so that every HTTP library takes the
    /// header.
    static final int POSITIONS_MAX = 64;

    private static final Pattern REFERENCE =
            Pattern.compile("([0-9a-f]{64});size=([1-9][0-9]{0,17})");

    private GroupHeaders() {}

    static String tree(BlobReference tree) {
        return tree.sha256().hex() + ";size=" + tree.size();
    }

    /// The tree that a request refers to; empty if it names none.
    static Optional<BlobReference> tree(Request request, int sizeMax) throws RefusalException {
        var header = request.header(TREE);
        if (header.isEmpty()) {
            return Optional.empty();
        }
        var matcher = REFERENCE.matcher(header.get().strip());
        if (!matcher.matches()) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "lockstep-ratchet-tree: <sha256 in hex>;size=<bytes>");
        }
        long size = Long.parseLong(matcher.group(2));
        if (size > sizeMax) {
            throw new RefusalException(
                    Code.MESSAGE_TOO_LARGE, "lockstep-ratchet-tree: at most " + sizeMax);
        }
        return Optional.of(new BlobReference(Bytes.ofHex(matcher.group(1)), size));
    }

    /// The position that a request names; 0 if it names none.
    static long position(Request request) throws RefusalException {
        var text = request.header(POSITION).orElse("0").strip();
        if (!text.matches("[0-9]{1,18}")) {
            throw new RefusalException(Code.INVALID_REQUEST, "lockstep-position: a position");
        }
        return Long.parseLong(text);
    }

    /// @param positions one or more, in order; the first of them are named
    static String proposals(List<Long> positions) {
        var named =
                positions.stream()
                        .limit(POSITIONS_MAX)
                        .map(position -> Long.toString(position))
                        .collect(Collectors.joining(","));
        return positions.size() > POSITIONS_MAX ? named + ";more" : named;
    }
}
