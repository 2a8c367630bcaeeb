package io.lockstep.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.CommitConfirmed;
import io.lockstep.wire.proto.CommitRejected;
import io.lockstep.wire.proto.CommitsVoided;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.GroupFrozen;
import io.lockstep.wire.proto.GroupReinitialized;
import io.lockstep.wire.proto.GroupThawed;
import io.lockstep.wire.proto.MemberLeft;
import io.lockstep.wire.proto.PolicyChanged;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

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
    /// @param evidence why the operator voided them; empty when rejections of members did
    record Voided(long position, long epoch, Optional<Evidence> evidence) implements ControlEvent {
        /// A void by rejections.
        public Voided(long position, long epoch) {
            this(position, epoch, Optional.empty());
        }
    }

    /// The group has ended in favour of a successor (RFC 9420 §11.2). Nothing follows.
    ///
    /// @param evidence why the operator named it; empty when a member did
    record Reinitialized(GroupId successor, Optional<Evidence> evidence) implements ControlEvent {
        /// A successor that a member named.
        public Reinitialized(GroupId successor) {
            this(successor, Optional.empty());
        }
    }

    /// The operator has frozen the group. Until it is thawed nothing of a client is appended.
    record Frozen(Evidence evidence) implements ControlEvent {}

    /// The operator has ended the freeze.
    record Thawed(Evidence evidence) implements ControlEvent {}

    /// Why the operator acted, for the audit: a text that all members read.
    record Evidence(String text) {
        /// @throws IllegalArgumentException when it is blank, or longer than [#REASON_BYTES_MAX]
        public static Evidence of(String text) {
            if (text.isBlank() || text.getBytes(StandardCharsets.UTF_8).length > REASON_BYTES_MAX) {
                throw new IllegalArgumentException(
                        "evidence is a text of 1 to " + REASON_BYTES_MAX + " bytes");
            }
            return new Evidence(text);
        }
    }

    /// A member has left: this entry removes it from the roster.
    ///
    /// @param client its name, `user/device`
    record Left(String client) implements ControlEvent {}

    /// A member has changed the group's policy.
    ///
    /// @param rules the whole policy from now on
    /// @param client the member's name, `user/device`
    record PolicySet(GroupRules rules, String client) implements ControlEvent {}

    /// An event of a newer release.
    record Unknown() implements ControlEvent {}

    /// Longest reason of a rejection, and longest evidence, in bytes of UTF-8.
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
            case Voided(var position, var epoch, var evidence) ->
                    entry.setVoided(
                            CommitsVoided.newBuilder()
                                    .setPosition(position)
                                    .setEpoch(epoch)
                                    .setByOperator(evidence.isPresent())
                                    .setEvidence(evidence.map(Evidence::text).orElse("")));
            case Reinitialized(var successor, var evidence) ->
                    entry.setReinitialized(
                            GroupReinitialized.newBuilder()
                                    .setSuccessorGroupId(successor.bytes().asByteString())
                                    .setByOperator(evidence.isPresent())
                                    .setEvidence(evidence.map(Evidence::text).orElse("")));
            case Left(var client) -> entry.setMemberLeft(MemberLeft.newBuilder().setClient(client));
            case PolicySet(var rules, var client) ->
                    entry.setPolicyChanged(
                            PolicyChanged.newBuilder()
                                    .setPolicy(PolicyCodec.encode(rules))
                                    .setClient(client));
            case Frozen(var evidence) ->
                    entry.setFrozen(GroupFrozen.newBuilder().setEvidence(evidence.text()));
            case Thawed(var evidence) ->
                    entry.setThawed(GroupThawed.newBuilder().setEvidence(evidence.text()));
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
            case VOIDED -> voided(entry.getVoided());
            case REINITIALIZED -> reinitialized(entry.getReinitialized());
            case MEMBER_LEFT -> new Left(entry.getMemberLeft().getClient());
            case POLICY_CHANGED ->
                    new PolicySet(
                            PolicyCodec.decode(entry.getPolicyChanged().getPolicy()),
                            entry.getPolicyChanged().getClient());
            case FROZEN -> new Frozen(new Evidence(entry.getFrozen().getEvidence()));
            case THAWED -> new Thawed(new Evidence(entry.getThawed().getEvidence()));
            case EVENT_NOT_SET -> new Unknown();
        };
    }

    private static Voided voided(CommitsVoided voided) {
        return new Voided(
                voided.getPosition(),
                voided.getEpoch(),
                evidence(voided.getByOperator(), voided.getEvidence()));
    }

    private static Reinitialized reinitialized(GroupReinitialized ended) {
        return new Reinitialized(
                new GroupId(Bytes.of(ended.getSuccessorGroupId())),
                evidence(ended.getByOperator(), ended.getEvidence()));
    }

    private static Optional<Evidence> evidence(boolean byOperator, String text) {
        return byOperator ? Optional.of(new Evidence(text)) : Optional.empty();
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
