package io.lockstep.log;

import java.util.EnumMap;
import java.util.Map;

/// What the register has of one group.
///
/// @param counts since the register last forgot the group; a kind without troubles is absent
/// @param lastMillis time of the last trouble; 0 for none
/// @param voidedToEpoch the epoch that the last void restored
/// @param voidedAtMillis time of the last void; 0 for none
/// @param staleEpoch the epoch that the last commit without a GroupInfo began
/// @param staleSinceMillis time of the first commit without a GroupInfo since the GroupInfo was
///     last current; 0 for none. It says nothing if the stored GroupInfo is current.
public record GroupTroubles(
        Map<TroubleKind, Long> counts,
        long lastMillis,
        long voidedToEpoch,
        long voidedAtMillis,
        long staleEpoch,
        long staleSinceMillis) {
    public static final GroupTroubles NONE = new GroupTroubles(Map.of(), 0, 0, 0, 0, 0);

    public GroupTroubles {
        counts = Map.copyOf(counts);
    }

    public long count(TroubleKind kind) {
        return counts.getOrDefault(kind, 0L);
    }

    /// These with one more; for implementations of [GroupLog#noteTroubles].
    public GroupTroubles with(Trouble trouble, long nowMillis) {
        var more = new EnumMap<TroubleKind, Long>(TroubleKind.class);
        more.putAll(counts);
        more.merge(trouble.kind(), 1L, Long::sum);
        boolean isVoid = trouble.kind() == TroubleKind.VOID;
        boolean isStale = trouble.kind() == TroubleKind.STALE_GROUP_INFO;
        boolean goesOn = staleSinceMillis > 0 && staleEpoch == trouble.epoch() - 1;
        return new GroupTroubles(
                more,
                nowMillis,
                isVoid ? trouble.epoch() : voidedToEpoch,
                isVoid ? nowMillis : voidedAtMillis,
                isStale ? trouble.epoch() : staleEpoch,
                isStale && !goesOn ? nowMillis : staleSinceMillis);
    }

    /// These after a member put a GroupInfo; for implementations of [GroupLog#fileGroupInfo].
    public GroupTroubles withCurrentGroupInfo() {
        return new GroupTroubles(counts, lastMillis, voidedToEpoch, voidedAtMillis, 0, 0);
    }
}
