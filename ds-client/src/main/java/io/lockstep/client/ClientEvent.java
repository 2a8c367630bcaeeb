package io.lockstep.client;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.mls.ContentType;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.SuiteCount;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a client is told without having asked for exactly this. The events of one client come in order.
public sealed interface ClientEvent {
    /// The session is open.
    ///
    /// @param client who the server takes the client for, `user/device`
    /// @param sessions how many sessions this client has had, this one included
    record Ready(String client, long sessions) implements ClientEvent {}

    /// The session ended; the client connects again by itself.
    ///
    /// @param code WebSocket close code, 1006 when the connection just broke
    record Disconnected(int code, String reason) implements ClientEvent {}

    /// The client is closed for good: by itself, or because the server will not have it back.
    ///
    /// @param refusal what the server closed the session with; empty when it did not
    record Closed(String reason, Optional<Refusal> refusal) implements ClientEvent {}

    /// One entry of a group's log; each position once, dense and in order.
    ///
    /// @param epoch the epoch in the message's header
    /// @param message whole, also where it travelled by reference
    /// @param head the head hash at this position, EMPTY while the chain's beginning is not known
    /// @param voidedProposals of an external commit: positions of the proposals that it made void
    record Delivered(
            GroupId group,
            Bytes incarnation,
            long position,
            ContentType kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message,
            Bytes sha256,
            Bytes head,
            List<Long> voidedProposals)
            implements ClientEvent {
        public Delivered {
            voidedProposals = List.copyOf(voidedProposals);
        }

        Delivered withMessage(Bytes fetched) {
            return new Delivered(
                    group,
                    incarnation,
                    position,
                    kind,
                    epoch,
                    acceptedAtMillis,
                    fetched,
                    sha256,
                    head,
                    voidedProposals);
        }

        /// The place after this entry was applied.
        public Cursor cursor() {
            return new Cursor(group, incarnation, position, head);
        }
    }

    /// A message that is shown to those connected and never stored.
    record Ephemeral(GroupId group, long epoch, Bytes message) implements ClientEvent {}

    /// Catch-up of a group is complete up to here.
    record Live(GroupId group, long position, Bytes head, long epoch) implements ClientEvent {}

    /// The log cannot continue from the client's cursor; the client is not attached.
    ///
    /// @param code `trimmed`, `other_incarnation`, `other_history` or `ahead_of_log`
    record Gap(GroupId group, String code, long firstPosition, long position, long epoch)
            implements ClientEvent {}

    /// The session gets no more of this group.
    ///
    /// @param code `requested`, `removed` or `group_frozen`
    record Detached(GroupId group, String code) implements ClientEvent {}

    /// An attach was refused; the client is not attached.
    record AttachRefused(GroupId group, ServerRefusal refusal) implements ClientEvent {}

    /// A refusal of something that this client did not ask with a number.
    record Refused(ServerRefusal refusal) implements ClientEvent {}

    /// A Welcome for this client. It may come again until it is acknowledged.
    ///
    /// @param id names the mail in [LockstepClient#acknowledgeMail]
    /// @param cursor where the joiner's view of the group begins
    /// @param epoch the epoch joined
    /// @param ratchetTree of that epoch, EMPTY when the Welcome brings it
    record Mail(
            Bytes id,
            GroupId group,
            Bytes welcome,
            Bytes keyPackageRef,
            Cursor cursor,
            long epoch,
            Bytes ratchetTree)
            implements ClientEvent {
        static Mail ofWire(Inbox wire, Bytes welcome, Bytes ratchetTree) {
            var group = Cursor.groupOf(wire.getGroupId());
            return new Mail(
                    Bytes.of(wire.getId()),
                    group,
                    welcome,
                    Bytes.of(wire.getKeyPackageRef()),
                    Cursor.ofWire(group, wire.getCursor()),
                    wire.getEpoch(),
                    ratchetTree);
        }
    }

    /// This client's single-use KeyPackages run low: publish more.
    ///
    /// @param left how many are left of each cipher suite that runs low
    record KeyPackagesLow(Map<Integer, Long> left) implements ClientEvent {
        public KeyPackagesLow {
            left = Map.copyOf(left);
        }

        static KeyPackagesLow ofWire(io.lockstep.wire.proto.KeyPackagesLow wire) {
            return new KeyPackagesLow(
                    wire.getSuitesList().stream()
                            .collect(
                                    Collectors.toMap(
                                            SuiteCount::getSuite,
                                            SuiteCount::getLeft,
                                            (_, last) -> last)));
        }
    }

    /// The token expires: the session then ends, and the client connects again with the token that
    /// [ClientConfig#token] gives it by then.
    record TokenExpires(Duration in) implements ClientEvent {}

    /// The server skipped positions, which it must never do; the client has attached again.
    record Hole(GroupId group, long expected, long actual) implements ClientEvent {}

    /// The server's head hash differs from the one computed: it lost, changed or forked history. The client
    /// has detached from the group.
    record HistoryMismatch(GroupId group, long position, Bytes expected, Bytes actual)
            implements ClientEvent {}
}
