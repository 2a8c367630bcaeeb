package io.lockstep.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.CommitConfirmed;
import io.lockstep.wire.proto.CommitRejected;
import io.lockstep.wire.proto.CommitsVoided;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.GroupReinitialized;

/// What the service itself decided about earlier entries of a log. A control entry contains it as a
/// serialized `ControlEntry` of the client protocol.
public sealed interface ControlEvent {
    /// A member cannot process the provisional commit at this position.
    ///
    /// @param reason for people; at most [#REASON_BYTES_MAX]
    record Rejected(long position, String reason) implements ControlEvent {}

    /// Another member than its author has acknowledged the commit at this position.
    record Confirmed(long position) implements ControlEvent {}

    /// The commit at this position and all later ones are void.
    ///
    /// @param epoch the group's epoch from now on: the one before the first voided commit
    record Voided(long position, long epoch) implements ControlEvent {}

    /// The group has ended in favour of a successor (RFC 9420 §11.2). Nothing follows.
    record Reinitialized(GroupId successor) implements ControlEvent {}

    /// An event of a newer release.
    record Unknown() implements ControlEvent {}

    /// Longest reason of a rejection, in bytes of UTF-8.
    int REASON_BYTES_MAX = 200;

    /// The bytes of the control entry.
    default Bytes encode() {
        var entry = ControlEntry.newBuilder();
        switch (this) {
            case Rejected(var position, var reason) ->
                    entry.setRejected(
                            CommitRejected.newBuilder().setPosition(position).setReason(reason));
            case Confirmed(var position) ->
                    entry.setConfirmed(CommitConfirmed.newBuilder().setPosition(position));
            case Voided(var position, var epoch) ->
                    entry.setVoided(
                            CommitsVoided.newBuilder().setPosition(position).setEpoch(epoch));
            case Reinitialized(var successor) ->
                    entry.setReinitialized(
                            GroupReinitialized.newBuilder()
                                    .setSuccessorGroupId(successor.bytes().asByteString()));
            case Unknown _ -> throw new IllegalStateException("an unknown event is never written");
        }
        return Bytes.of(entry.build().toByteString());
    }

    /// @throws IllegalStateException when the store holds other bytes
    static ControlEvent decode(Bytes message) {
        var entry = parse(message);
        return switch (entry.getEventCase()) {
            case REJECTED ->
                    new Rejected(
                            entry.getRejected().getPosition(), entry.getRejected().getReason());
            case CONFIRMED -> new Confirmed(entry.getConfirmed().getPosition());
            case VOIDED ->
                    new Voided(entry.getVoided().getPosition(), entry.getVoided().getEpoch());
            case REINITIALIZED ->
                    new Reinitialized(
                            new GroupId(Bytes.of(entry.getReinitialized().getSuccessorGroupId())));
            case EVENT_NOT_SET -> new Unknown();
        };
    }

    /// The value of a control entry in the client protocol.
    ///
    /// @throws IllegalStateException when the store holds other bytes
    static ControlEntry parse(Bytes message) {
        try {
            return ControlEntry.parseFrom(message.asByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("a control entry cannot be read", e);
        }
    }
}
