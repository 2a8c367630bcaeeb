package io.lockstep.gateway.blob;

import io.lockstep.directory.InboxItem;
import io.lockstep.directory.InboxWelcome;
import io.lockstep.wire.Bytes;
import reactor.core.publisher.Mono;

/// The Welcome of a piece of mail as its joiner gets it.
public final class WelcomeAssembler {
    private WelcomeAssembler() {}

    /// @return MLSMessage with the joiner's Welcome; empty when what it shares with others is gone
    public static Mono<Bytes> of(InboxItem mail, BlobCache blobs) {
        return switch (mail.welcome()) {
            case InboxWelcome.WholeWelcome(var message) -> Mono.just(message);
            case InboxWelcome.SplitWelcome cut ->
                    blobs.get(mail.group(), cut.encryptedGroupInfo().sha256()).map(cut::compose);
        };
    }
}
