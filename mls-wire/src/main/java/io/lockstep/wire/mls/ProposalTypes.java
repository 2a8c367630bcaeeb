package io.lockstep.wire.mls;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.util.OptionalInt;

/// The types of proposals (RFC 9420 §12.1), where they are visible.
public final class ProposalTypes {
    /// `self_remove` of draft-ietf-mls-extensions. An external commit may include it by reference.
    public static final int SELF_REMOVE = 0x000A;

    private ProposalTypes() {}

    /// The type of the proposal in a PublicMessage.
    ///
    /// @param message any bytes
    /// @return empty for everything else
    public static OptionalInt ofPublic(Bytes message) {
        try {
            var in = new TlsReader(message.asByteBuf());
            if (in.u16() != WireFormats.MLS10 || in.u16() != WireFormats.PUBLIC_MESSAGE) {
                return OptionalInt.empty();
            }
            GroupMessageHeader.groupId(in);
            GroupMessageHeader.epoch(in);
            var sender = GroupMessageHeader.senderType(in);
            switch (sender) {
                case MEMBER, EXTERNAL -> in.u32();
                case NEW_MEMBER_PROPOSAL, NEW_MEMBER_COMMIT -> {}
            }
            in.skipOpaque();
            return GroupMessageHeader.publicContentType(in, sender) == ContentType.PROPOSAL
                    ? OptionalInt.of(in.u16())
                    : OptionalInt.empty();
        } catch (MalformedEncodingException e) {
            return OptionalInt.empty();
        }
    }
}
