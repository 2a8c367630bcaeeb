package io.lockstep.gateway.blob;

import io.lockstep.directory.Mail;
import io.lockstep.directory.MailWelcome;
import io.lockstep.wire.Bytes;
import reactor.core.publisher.Mono;

/// The Welcome of a piece of mail as its joiner gets it.
public final class MailBytes {
    private MailBytes() {}

    /// @return MLSMessage with the joiner's Welcome; empty when what it shares with others is gone
    public static Mono<Bytes> of(Mail mail, GroupBlobs blobs) {
        return switch (mail.welcome()) {
            case MailWelcome.Whole(var message) -> Mono.just(message);
            case MailWelcome.Cut cut ->
                    blobs.get(mail.group(), cut.encryptedGroupInfo().sha256()).map(cut::compose);
        };
    }
}
