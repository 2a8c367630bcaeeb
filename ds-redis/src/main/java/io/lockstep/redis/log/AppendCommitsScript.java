package io.lockstep.redis.log;

import io.lockstep.log.BlobReference;
import io.lockstep.log.BlobStore;
import io.lockstep.log.ControlEvent;
import io.lockstep.log.GroupRules;
import io.lockstep.log.LogEntry;
import io.lockstep.log.LogLimits;
import io.lockstep.log.LogPosition;
import io.lockstep.log.NewEntry;
import io.lockstep.log.PendingWelcome;
import io.lockstep.log.ProvisionalChange;
import io.lockstep.log.ProvisionalCommits;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.proto.StoredEntry;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.frame.EntryKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import reactor.core.publisher.Mono;

/// Runs `append_commits.lua`: appends any batch, with the effects of its commits or its void and the
/// blobs that it refers to.
final class AppendCommitsScript {
    private static final Script SCRIPT =
            Script.of("log/entries", "log/sizes", "log/roster", "log/blobs", "log/append_commits");
    private static final byte[] EMPTY = {};
    private static final byte[] UNCHANGED = Script.ascii("-");

    /// GroupInfos of 64 KiB that are kept, to be restored by a void. After a void of a later commit
    /// the group has none.
    private static final int UNDO_INFOS_MAX = 16;

    private final BundleCodec parts;
    private final ValueSealer sealing;

    AppendCommitsScript(BundleCodec parts, ValueSealer sealing) {
        this.parts = parts;
        this.sealing = sealing;
    }

    /// Whether the batch needs this script instead of [AppendScript].
    static boolean isFor(List<NewEntry> batch) {
        long epoch = batch.getFirst().entry().epoch();
        return batch.stream()
                .anyMatch(added ->
                        added.entry().kind() == EntryKind.COMMIT
                                || added.provisional().isPresent()
                                || added.successor().isPresent()
                                || added.changesFreeze()
                                || added.departures().isPresent()
                                || added.entry().policy().isPresent()
                                || !added.entry().rosterChange().isEmpty()
                                || added.entry().epoch() != epoch
                                || added.entry().content() instanceof BlobReference);
    }

    /// @param infoBefore names of the blobs of the stored GroupInfo, see [GroupInfoBlobCache]
    Mono<ScriptReply> run(
            PipelinedConnection connection,
            GroupRedisKeys keys,
            LogPosition expected,
            List<NewEntry> batch,
            List<StoredEntry> stored,
            AppendPreconditions frame,
            Optional<StagedRosterDelta> staged,
            String infoBefore) {
        var policy = NewEntry.policyAfter(batch);
        var epochs = epochs(batch);
        var blobs = new ReferencedBlobs(batch);
        var effects = new Effects(expected.incarnation(), epochs);
        batch.forEach(effects::add);

        var arguments = new ArrayList<byte[]>();
        arguments.add(MetaCodec.logPosition(expected));
        arguments.add(MetaCodec.logPosition(AppendScript.after(expected, batch)));
        arguments.add(Script.number(expected.position() + 1));
        arguments.add(Script.number(batch.size()));
        arguments.add(epochBefore(batch).map(Script::number).orElse(EMPTY));
        arguments.add(effects.epochAfter.map(Script::number).orElse(EMPTY));
        var info = NewEntry.storedGroupInfo(batch);
        arguments.add(parts.sealInfo(info));
        arguments.add(Script.number(effects.welcomes.size() / 2));
        arguments.add(Script.number(effects.rosterChanges.size() / 2));
        arguments.add(Script.number(blobs.count()));
        arguments.add(Script.number(BlobStore.SLACK.toMillis()));
        arguments.add(effects.proposals.orElseGet(() -> AppendScript.proposals(batch)));
        arguments.add(Script.number(BlobStore.PARTS_MIN.toMillis()));
        arguments.add(Script.ascii(info.map(GroupInfoBlobCache::names).orElse("")));
        arguments.addAll(frame.arguments());
        arguments.add(Script.number(epochs.size()));
        arguments.add(Script.number(staged.map(change -> change.parts().size()).orElse(0)));
        arguments.add(Script.number(staged.map(StagedRosterDelta::added).orElse(0)));
        arguments.add(Script.number(frame.limits().membersMax()));
        arguments.add(Script.number(frame.limits().formerMembersMax()));
        arguments.add(Script.ascii(infoBefore));
        arguments.add(effects.provisional);
        arguments.add(effects.undoAt);
        arguments.add(Script.ascii(effects.settled.toString()));
        arguments.add(effects.voidFrom);
        arguments.add(Script.ascii(effects.voided.toString()));
        arguments.add(effects.restored);
        arguments.add(effects.successor);
        arguments.add(effects.freeze);
        arguments.add(effects.departures);
        arguments.add(policy.map(MetaCodec::policyText).orElse(EMPTY));
        stored.forEach(entry -> arguments.add(entry.toByteArray()));
        arguments.addAll(effects.resendKeys);
        arguments.addAll(effects.welcomes);
        arguments.addAll(effects.rosterChanges);
        arguments.addAll(blobs.arguments());
        return SCRIPT.run(
                        connection,
                        keys(keys, epochs, frame, staged, blobs, infoBefore),
                        arguments.toArray(byte[][]::new))
                .map(ScriptReply::of);
    }

    /// The epochs whose resend keys the script gets: those of the entries. Before a change of the
    /// policy also those of which messages may follow, because their keys may have to live longer.
    private static List<Long> epochs(List<NewEntry> batch) {
        return batch.stream()
                .map(NewEntry::entry)
                .flatMapToLong(entry ->
                        LongStream.rangeClosed(
                                        0,
                                        entry.policy().isPresent() ? GroupRules.PAST_EPOCHS_MAX : 0)
                                .filter(behind -> Long.compareUnsigned(behind, entry.epoch()) <= 0)
                                .map(behind -> entry.epoch() - behind))
                .distinct()
                .boxed()
                .toList();
    }

    /// The epoch that the first commit or void ends; each later one continues from there. Empty
    /// without one.
    private static Optional<Long> epochBefore(List<NewEntry> batch) {
        var commits = batch.stream().filter(added -> added.entry().changesEpoch()).toList();
        if (commits.isEmpty()) {
            return Optional.empty();
        }
        long first = commits.getFirst().entry().epoch();
        NewEntry.checkEpochs(first, commits);
        return Optional.of(first);
    }

    private static byte[][] keys(
            GroupRedisKeys keys,
            List<Long> epochs,
            AppendPreconditions frame,
            Optional<StagedRosterDelta> staged,
            ReferencedBlobs blobs,
            String infoBefore) {
        var all = new ArrayList<byte[]>();
        all.add(keys.meta());
        all.add(keys.log());
        all.add(keys.roster());
        all.add(keys.owners());
        all.add(keys.info());
        all.add(keys.welcomes());
        all.add(keys.proposals());
        all.add(keys.former());
        all.add(keys.merging());
        all.add(keys.sizes());
        all.add(keys.uploads());
        all.add(keys.kept());
        all.add(keys.keptBytes());
        all.add(keys.undo());
        epochs.forEach(epoch -> all.add(keys.seen(epoch, frame.period())));
        staged.ifPresent(change -> all.add(keys.staged(change.key())));
        blobs.sha256s().forEach(sha256 -> all.add(keys.blob(sha256)));
        GroupInfoBlobCache.sha256s(infoBefore).forEach(sha256 -> all.add(keys.blob(sha256)));
        return all.toArray(byte[][]::new);
    }

    /// The effects of a batch other than its entries, encoded as arguments of the script.
    private final class Effects {
        private final Bytes incarnation;
        private final List<Long> epochs;
        private final List<byte[]> resendKeys = new ArrayList<>();
        private final List<byte[]> welcomes = new ArrayList<>();
        private final List<byte[]> rosterChanges = new ArrayList<>();
        private final StringBuilder settled = new StringBuilder();
        private final StringBuilder voided = new StringBuilder();
        private byte[] provisional = UNCHANGED;
        private byte[] undoAt = EMPTY;
        private byte[] voidFrom = EMPTY;
        private byte[] restored = EMPTY;
        private byte[] successor = EMPTY;
        private byte[] freeze = UNCHANGED;
        private byte[] departures = UNCHANGED;

        /// The proposals after a void; otherwise they follow from the batch.
        private Optional<byte[]> proposals = Optional.empty();

        private Optional<Long> epochAfter = Optional.empty();

        Effects(Bytes incarnation, List<Long> epochs) {
            this.incarnation = incarnation;
            this.epochs = epochs;
        }

        void add(NewEntry added) {
            var entry = added.entry();
            resendKeys.add(AppendScript.resendKey(entry.sha256()));
            resendKeys.add(Script.number(1 + epochs.indexOf(entry.epoch())));
            if (entry.kind() == EntryKind.COMMIT) {
                long epoch = entry.epoch() + 1;
                epochAfter = Optional.of(epoch);
                addRosterChange(entry);
                addWelcome(added, epoch);
            }
            added.provisional().ifPresent(change -> addProvisional(entry, change));
            added.voided().ifPresent(event -> addVoid(added, event));
            added.departures()
                    .ifPresent(after -> departures = DeparturesCodec.seal(after, sealing));
            if (entry.left().isPresent()) {
                addRosterPart(entry);
            }
            added.successor()
                    .ifPresent(group ->
                            successor = sealing.seal(SealPurpose.SUCCESSOR, group.bytes()));
            if (added.changesFreeze()) {
                freeze = Script.number(entry.frozenAfter(0));
            }
        }

        private void addProvisional(LogEntry entry, ProvisionalChange change) {
            var after = change.after();
            provisional =
                    after.equals(ProvisionalCommits.NONE) ? EMPTY : ProvisionalCodec.encode(after);
            if (entry.isProvisional() && after.commits().size() <= UNDO_INFOS_MAX) {
                undoAt = Script.number(entry.position());
            }
            change.settled().forEach(position -> settled.append(position).append(','));
        }

        private void addVoid(NewEntry added, ControlEvent.Voided event) {
            var before = added.provisional().orElseThrow().before();
            var change = added.entry().rosterChange();
            epochAfter = Optional.of(event.epoch());
            voidFrom = Script.number(event.position());
            before.commits().stream()
                    .filter(commit -> commit.position() >= event.position())
                    .forEach(commit -> voided.append(commit.position()).append(','));
            proposals =
                    before.at(event.position())
                            .map(commit -> MetaCodec.positions(commit.proposals()));
            restored = EntryCodec.members(change.restored());
            if (!change.removed().isEmpty()) {
                addRosterPart(added.entry());
            }
        }

        private void addRosterChange(LogEntry entry) {
            var change = entry.rosterChange();
            // A longer change is staged.
            if (!change.isEmpty() && change.size() <= LogLimits.BATCH_NAMES_MAX) {
                addRosterPart(entry);
            }
        }

        private void addRosterPart(LogEntry entry) {
            var change = entry.rosterChange();
            rosterChanges.add(Script.number(entry.position()));
            rosterChanges.add(
                    StagedRosterDelta.part(
                            entry.position(),
                            EntryCodec.members(change.removed()),
                            EntryCodec.added(change)));
        }

        private void addWelcome(NewEntry added, long epoch) {
            if (added.welcome().isPresent()) {
                var entry = added.entry();
                var logPosition = new LogPosition(incarnation, entry.position(), entry.head());
                welcomes.add(Script.number(entry.position()));
                welcomes.add(
                        parts.sealWelcome(
                                new PendingWelcome(
                                        logPosition,
                                        epoch,
                                        added.welcome().get(),
                                        added.ratchetTree(),
                                        added.welcomeSender())));
            }
        }
    }
}
