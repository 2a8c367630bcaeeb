package io.lockstep.client;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Refusal;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.proto.ControlEntry;
import io.lockstep.wire.proto.Inbox;
import io.lockstep.wire.proto.RosterChange;
import io.lockstep.wire.proto.SuiteCount;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// An event that the server or the session causes, as opposed to the answer to a call. The events
/// of one client arrive in order.
///
/// ```java
/// client.events().subscribe(event -> {
///     switch (event) {
///         case ClientEvent.Delivered entry -> {
///             apply(entry);
///             client.acknowledge(entry);
///         }
///         case ClientEvent.Mail mail -> join(mail);
///         default -> {}
///     }
/// });
/// ```
public sealed interface ClientEvent {
    /// The session is open.
    ///
    /// @param client `user/device` that the token names
    /// @param sessions number of this client's sessions so far, including this one
    record Connected(String client, long sessions) implements ClientEvent {}

    /// The session ended; the client connects again by itself.
    ///
    /// @param code WebSocket close code; 1006 if the connection broke without a close frame
    record Disconnected(int code, String reason) implements ClientEvent {}

    /// The client is closed and does not reconnect: the application closed it, or the server
    /// rejects it for good.
    ///
    /// @param refusal the refusal with which the server closed the session; empty if it did not
    record Closed(String reason, Optional<Refusal> refusal) implements ClientEvent {}

    /// One entry of a group's log. Each position arrives once, in order and without gaps.
    ///
    /// @param epoch the epoch in the message's header
    /// @param message the whole message, even if the server sent it by reference
    /// @param head the head hash at this position; EMPTY if the head before it is unknown
    /// @param voidedProposals for an external commit: positions of the proposals that it voids
    /// @param provisional whether this is a commit that can be voided until an entry confirms it
    /// @param confirms the position of the newest provisional commit that this entry confirms; 0 for
    ///     none
    /// @param control for an entry of kind CONTROL: what the service decided
    /// @param withoutGroupInfo for a commit: it brought no GroupInfo. Nobody can join by external
    ///     commit until a member puts one ([DirectoryClient#putGroupInfo]).
    /// @param rosterChange for a commit: the clients that it adds and removes, as its author declared
    ///     them; empty if the server does not tell it
    record Delivered(
            GroupId group,
            Bytes incarnation,
            long position,
            EntryKind kind,
            long epoch,
            long acceptedAtMillis,
            Bytes message,
            Bytes sha256,
            Bytes head,
            List<Long> voidedProposals,
            boolean provisional,
            long confirms,
            Optional<ControlEntry> control,
            boolean withoutGroupInfo,
            Optional<RosterChange> rosterChange)
            implements ClientEvent {
        public Delivered {
            voidedProposals = List.copyOf(voidedProposals);
        }

        Delivered withMessage(Bytes fetched) {
            return with(fetched, rosterChange);
        }

        /// @param fetched a serialized [RosterChange]; other bytes are the server's fault, and as if
        ///     it did not tell the change
        Delivered withRosterChange(Bytes fetched) {
            try {
                return with(message, Optional.of(RosterChange.parseFrom(fetched.asByteString())));
            } catch (InvalidProtocolBufferException _) {
                return with(message, Optional.empty());
            }
        }

        private Delivered with(Bytes content, Optional<RosterChange> change) {
            return new Delivered(
                    group,
                    incarnation,
                    position,
                    kind,
                    epoch,
                    acceptedAtMillis,
                    content,
                    sha256,
                    head,
                    voidedProposals,
                    provisional,
                    confirms,
                    control,
                    withoutGroupInfo,
                    change);
        }

        /// Returns the cursor behind this entry, for an application that has applied it.
        public LogCursor cursor() {
            return new LogCursor(group, incarnation, position, head);
        }
    }

    /// An application message for connected members only; the server never stores it.
    record EphemeralDelivered(GroupId group, long epoch, Bytes message) implements ClientEvent {}

    /// Catch-up of a group is complete up to here.
    record CaughtUp(GroupId group, long position, Bytes head, long epoch) implements ClientEvent {}

    /// The log cannot continue from the client's cursor; the client is not attached.
    ///
    /// @param code `trimmed`, `other_incarnation`, `other_history` or `ahead_of_log`
    record HistoryGap(GroupId group, String code, long firstPosition, long position, long epoch)
            implements ClientEvent {}

    /// The session gets no more deliveries of this group.
    ///
    /// @param code `requested`, `removed`, `left`, `group_frozen` or `group_deleted`
    record GroupDetached(GroupId group, String code) implements ClientEvent {}

    /// The server refused an attach; the client is not attached.
    record AttachRefused(GroupId group, ServerRefusal refusal) implements ClientEvent {}

    /// A refusal that answers none of this client's open submissions and no group of it.
    record RequestRefused(ServerRefusal refusal) implements ClientEvent {}

    /// A Welcome for this client. The server sends it again in later sessions until the client
    /// acknowledges it.
    ///
    /// @param id identifies the mail in [LockstepClient#acknowledgeMail]
    /// @param cursor where the joiner's part of the log begins
    /// @param epoch the epoch joined
    /// @param ratchetTree of that epoch; EMPTY if the Welcome contains it
    record WelcomeReceived(
            Bytes id,
            GroupId group,
            Bytes welcome,
            Bytes keyPackageRef,
            LogCursor cursor,
            long epoch,
            Bytes ratchetTree)
            implements ClientEvent {
        static WelcomeReceived ofWire(Inbox wire, Bytes welcome, Bytes ratchetTree) {
            var group = LogCursor.groupOf(wire.getGroupId());
            return new WelcomeReceived(
                    Bytes.of(wire.getId()),
                    group,
                    welcome,
                    Bytes.of(wire.getKeyPackageRef()),
                    LogCursor.ofWire(group, wire.getCursor()),
                    wire.getEpoch(),
                    ratchetTree);
        }
    }

    /// This client has few single-use KeyPackages left and should publish more, or its last resort
    /// was handed out and should be replaced.
    ///
    /// @param left number of single-use ones that is left, for each cipher suite that runs low or
    ///     whose last resort was handed out
    /// @param lastResortClaims how many claims were given the last resort, for each cipher suite
    ///     where it was handed out
    record KeyPackagesRunLow(Map<Integer, Long> left, Map<Integer, Long> lastResortClaims)
            implements ClientEvent {
        public KeyPackagesRunLow {
            left = Map.copyOf(left);
            lastResortClaims = Map.copyOf(lastResortClaims);
        }

        static KeyPackagesRunLow ofWire(io.lockstep.wire.proto.KeyPackagesLow wire) {
            return new KeyPackagesRunLow(
                    wire.getSuitesList().stream()
                            .collect(
                                    Collectors.toMap(
                                            SuiteCount::getSuite,
                                            SuiteCount::getLeft,
                                            (_, last) -> last)),
                    wire.getSuitesList().stream()
                            .filter(suite -> suite.getLastResortClaims() > 0)
                            .collect(
                                    Collectors.toMap(
                                            SuiteCount::getSuite,
                                            SuiteCount::getLastResortClaims,
                                            (_, last) -> last)));
        }
    }

    /// The token expires soon. The session then ends, and the client connects again with the token
    /// that [ClientConfig#token] supplies at that time.
    record TokenExpiring(Duration in) implements ClientEvent {}

    /// The server skipped positions, which the protocol forbids. The client has attached again.
    record PositionsSkipped(GroupId group, long expected, long actual) implements ClientEvent {}

    /// The server's head hash differs from the computed one: the server lost, changed or forked the
    /// history. The client has detached from the group.
    record HistoryMismatch(GroupId group, long position, Bytes expected, Bytes actual)
            implements ClientEvent {}
}
