package io.lockstep.gateway.blob;

import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.wire.Bytes;
import reactor.core.publisher.Mono;

/// Assembles the Welcome of an inbox item as the joiner receives it.
public final class WelcomeAssembler {
    private WelcomeAssembler() {}

    /// @return the MLSMessage with the joiner's Welcome; empty if its shared part was deleted
    public static Mono<Bytes> of(InboxItem item, BlobCache blobs) {
        return switch (item.welcome()) {
            case InboxWelcome.WholeWelcome(var message) -> Mono.just(message);
            case InboxWelcome.SplitWelcome cut ->
                    blobs.get(item.group(), cut.encryptedGroupInfo().sha256()).map(cut::compose);
        };
    }
}
