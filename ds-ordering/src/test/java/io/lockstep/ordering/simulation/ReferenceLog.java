package io.lockstep.ordering.simulation;

import io.lockstep.log.AppendOutcome;
import io.lockstep.log.ControlEvent;
import io.lockstep.log.CreateOutcome;
import io.lockstep.log.ForwardingLog;
import io.lockstep.log.GroupHead;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupRules;
import io.lockstep.log.GroupSnapshot;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.NewGroup;
import io.lockstep.log.PartContent;
import io.lockstep.log.Roster;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import reactor.core.publisher.Mono;

/// Records what the store executed, in order: the truth against which answers are checked. It keeps
/// its own records, so that it detects a store that returns wrong results.
final class ReferenceLog extends ForwardingLog {
    private final Map<GroupId, Group> groups = new HashMap<>();

    ReferenceLog(GroupLog log) {
        super(log);
    }

    @Override
    public Mono<CreateOutcome> create(GroupId group, NewGroup newGroup) {
        return super.create(group, newGroup)
                .doOnNext(outcome -> {
                    if (outcome instanceof CreateOutcome.Created) {
                        Violation.unless(
                                groups.put(group, new Group(group, newGroup)) == null,
                                "a group was created twice");
                    }
                });
    }

    @Override
    public Mono<AppendOutcome> append(GroupId group, LogPosition expected, List<NewEntry> batch) {
        return super.append(group, expected, batch)
                .doOnNext(outcome -> {
                    if (outcome instanceof AppendOutcome.Succeeded) {
                        var books = group(group).orElseThrow();
                        batch.forEach(books::add);
                    }
                });
    }

    @Override
    public Mono<Void> welcomesReleased(GroupId group, List<Long> positions) {
        return super.welcomesReleased(group, positions)
                .doOnSuccess(
                        _ -> group(group).orElseThrow().welcomes.keySet().removeAll(positions));
    }

    Optional<Group> group(GroupId group) {
        return Optional.ofNullable(groups.get(group));
    }

    Iterable<Group> groups() {
        return groups.values();
    }

    static final class Group {
        final GroupId id;
        final NewGroup made;
        final List<LogEntry> entries = new ArrayList<>();

        /// The Welcomes that are to be released, by the position of their commit.
        final TreeMap<Long, PartContent> welcomes = new TreeMap<>();

        /// The GroupInfo after each entry; the first is that of the creation.
        private final List<Optional<PartContent>> groupInfos = new ArrayList<>();

        private final List<Roster> rosters = new ArrayList<>();
        private final List<Long> epochs = new ArrayList<>();
        private final List<GroupRules> policies = new ArrayList<>();

        Group(GroupId id, NewGroup made) {
            this.id = id;
            this.made = made;
            rosters.add(Roster.ofCreator(made.creator(), made.creatorOwner()));
            epochs.add(made.epoch());
            policies.add(made.policy());
            groupInfos.add(PartContent.ofOptional(made.groupInfo()));
        }

        private void add(NewEntry added) {
            var entry = added.entry();
            entries.add(entry);
            added.welcome().ifPresent(welcome -> welcomes.put(entry.position(), welcome));
            var voided = added.voided();
            voided.ifPresent(event -> welcomes.tailMap(event.position()).clear());
            groupInfos.add(
                    voided.map(event -> groupInfos.get((int) event.position() - 1))
                            .orElseGet(() -> added.groupInfo().or(groupInfos::getLast)));
        }

        /// The GroupInfo that an external joiner gets, if it is of the current epoch.
        Optional<PartContent> groupInfo() {
            return groupInfos.getLast();
        }

        int position() {
            return entries.size();
        }

        /// The roster after the entry at the position.
        Roster roster(int position) {
            derive();
            return rosters.get(position);
        }

        /// The policy after the entry at the position.
        GroupRules policy(int position) {
            derive();
            return policies.get(position);
        }

        long epoch(int position) {
            derive();
            return epochs.get(position);
        }

        Bytes head(int position) {
            return position == 0
                    ? GroupHead.first(id, made.incarnation())
                    : entries.get(position - 1).head();
        }

        /// The positions of the proposals of the epoch that the commit at a position ended.
        List<Long> proposalsBefore(int commit) {
            long epoch = epoch(commit - 1);
            return entries.subList(0, commit - 1).stream()
                    .filter(e -> e.kind() == EntryKind.PROPOSAL && e.epoch() == epoch)
                    .filter(e -> !isVoid(e.position(), commit))
                    .map(LogEntry::position)
                    .limit(GroupSnapshot.PROPOSALS_MAX)
                    .toList();
        }

        /// Whether a void before a position undid the entries at another one: the epoch in which it
        /// was accepted has no effect.
        private boolean isVoid(long position, int before) {
            return entries.subList((int) position, before - 1).stream()
                    .filter(e -> e.kind() == EntryKind.CONTROL)
                    .map(e -> ControlEvent.decode(e.message()))
                    .anyMatch(e ->
                            e instanceof ControlEvent.Voided voided
                                    && voided.position() < position);
        }

        /// Whether the operator's freeze stands after the entry at a position.
        boolean isFrozen(int position) {
            boolean frozen = false;
            for (var entry : entries.subList(0, position)) {
                if (entry.kind() == EntryKind.CONTROL) {
                    var event = ControlEvent.decode(entry.message());
                    frozen |= event instanceof ControlEvent.Frozen;
                    frozen &= !(event instanceof ControlEvent.Thawed);
                }
            }
            return frozen;
        }

        private void derive() {
            while (rosters.size() <= entries.size()) {
                var entry = entries.get(rosters.size() - 1);
                rosters.add(rosters.getLast().after(entry.rosterChange(), entry.position()));
                policies.add(entry.policy().orElseGet(policies::getLast));
                epochs.add(
                        switch (entry.kind()) {
                            case APPLICATION, PROPOSAL -> epochs.getLast();
                            case COMMIT -> epochs.getLast() + 1;
                            case CONTROL ->
                                    ControlEvent.decode(entry.message())
                                                    instanceof ControlEvent.Voided voided
                                            ? epochs.get((int) voided.position() - 1)
                                            : epochs.getLast();
                        });
            }
        }

        void check() {
            var commits = new HashSet<Long>();
            var keys = new HashSet<Bytes>();
            var head = GroupHead.first(id, made.incarnation());
            int position = 0;
            for (var entry : entries) {
                position++;
                if (entry.kind() == EntryKind.COMMIT) {
                    Violation.unless(
                            commits.add(entry.epoch()),
                            "I1: two commits in epoch " + entry.epoch());
                }
                if (entry.kind() == EntryKind.CONTROL) {
                    if (ControlEvent.decode(entry.message()) instanceof ControlEvent.Voided v) {
                        commits.removeIf(epoch -> epoch >= v.epoch());
                    }
                } else {
                    Violation.unless(
                            keys.add(entry.sha256()),
                            "I4: the entry at " + position + " is doubled");
                }
                Violation.unless(
                        entry.position() == position,
                        "I2: position " + entry.position() + " where " + position + " is due");
                head = GroupHead.next(head, id, position, entry.kind(), entry.message().sha256());
                Violation.unless(entry.head().equals(head), "I2: another head at " + position);
                checkEpoch(entry, epoch(position - 1));
            }
        }

        private void checkEpoch(LogEntry entry, long epoch) {
            boolean fits =
                    switch (entry.kind()) {
                        case COMMIT, PROPOSAL, CONTROL -> entry.epoch() == epoch;
                        case APPLICATION ->
                                entry.epoch() <= epoch
                                        && entry.epoch()
                                                >= epoch
                                                        - policy((int) entry.position() - 1)
                                                                .pastEpochs();
                    };
            Violation.unless(fits, "the entry at " + entry.position() + " is out of its epoch");
        }
    }
}
