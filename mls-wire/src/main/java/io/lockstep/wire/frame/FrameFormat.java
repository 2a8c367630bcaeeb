package io.lockstep.wire.frame;

import java.util.Optional;

/// The two encodings of the client protocol, one WebSocket subprotocol each.
public enum FrameFormat {
    /// Binary messages of length-delimited protobuf frames.
    PROTO("lockstep.v1.proto"),
    /// Text messages of ProtoJSON frames, one per line.
    JSON("lockstep.v1.json");

    private final String subprotocol;

    FrameFormat(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    public String subprotocol() {
        return subprotocol;
    }

    public static Optional<FrameFormat> ofSubprotocol(String name) {
        for (var format : values()) {
            if (format.subprotocol.equals(name)) {
                return Optional.of(format);
            }
        }
        return Optional.empty();
    }
}
