package io.lockstep.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// The clients that have left a group and still have a leaf in MLS, as far as commits declare it:
/// until one removes the client or makes it a member again. A function of the log.
///
/// ```
/// clients.size() ≤ CLIENTS_MAX        no member is in it twice
/// ```
///
/// @param clients in the order in which they left
public record Departures(List<DepartedClient> clients) {
    public static final Departures NONE = new Departures(List.of());

    /// A client that leaves when so many others wait is not in the list.
    public static final int CLIENTS_MAX = 128;

    /// A client that has left.
    ///
    /// @param client its name, `user/device`
    /// @param position of the entry with which it left
    /// @param endedAt position of the provisional commit that removes its leaf, or with which it came
    ///     back; 0 while there is none
    public record DepartedClient(MemberId member, String client, long position, long endedAt) {
        public boolean isWaiting() {
            return endedAt == 0;
        }

        private DepartedClient endedAt(long commit) {
            return new DepartedClient(member, client, position, commit);
        }
    }

    public Departures {
        clients = List.copyOf(clients);
        assert clients.size() <= CLIENTS_MAX;
    }

    public Optional<DepartedClient> of(MemberId member) {
        return clients.stream().filter(client -> client.member().equals(member)).findFirst();
    }

    /// The clients whose removal no commit has declared.
    public Set<MemberId> waiting() {
        return clients.stream()
                .filter(DepartedClient::isWaiting)
                .map(DepartedClient::member)
                .collect(Collectors.toUnmodifiableSet());
    }

    /// These after a member has left.
    public Departures with(MemberId member, String name, long position) {
        var next = new ArrayList<>(clients);
        next.removeIf(client -> client.member().equals(member));
        if (next.size() < CLIENTS_MAX) {
            next.add(new DepartedClient(member, name, position, 0));
        }
        return of(next);
    }

    /// These after a commit. A change with more names than an entry contains tells only whom it
    /// removes: every node must get the same from an entry.
    ///
    /// @param provisional whether a void may undo it
    public Departures after(RosterDelta change, long position, boolean provisional) {
        boolean all = change.size() <= LogLimits.BATCH_NAMES_MAX;
        Predicate<DepartedClient> named =
                client ->
                        client.isWaiting()
                                && (change.removed().contains(client.member())
                                        || (all && change.added().containsKey(client.member())));
        return provisional
                ? map(client -> named.test(client) ? client.endedAt(position) : client)
                : without(named);
    }

    /// These after a void of the commits from a position on.
    public Departures voided(long from) {
        return map(client -> client.endedAt() >= from ? client.endedAt(0) : client);
    }

    /// These without the ones whose commit is confirmed.
    ///
    /// @param open the commits that are provisional now
    public Departures settled(ProvisionalCommits open) {
        return without(client -> !client.isWaiting() && open.at(client.endedAt()).isEmpty());
    }

    /// The change of a commit without clients that have left: it removes their leaves only.
    public RosterDelta withoutDeparted(RosterDelta change) {
        var waiting = waiting();
        return waiting.isEmpty() || change.removed().stream().noneMatch(waiting::contains)
                ? change
                : new RosterDelta(
                        change.added(),
                        change.removed().stream()
                                .filter(member -> !waiting.contains(member))
                                .collect(Collectors.toUnmodifiableSet()),
                        change.addedApart());
    }

    private Departures map(UnaryOperator<DepartedClient> each) {
        return of(clients.stream().map(each).toList());
    }

    private Departures without(Predicate<DepartedClient> gone) {
        return of(clients.stream().filter(gone.negate()).toList());
    }

    private Departures of(List<DepartedClient> next) {
        return next.equals(clients) ? this : new Departures(next);
    }
}
