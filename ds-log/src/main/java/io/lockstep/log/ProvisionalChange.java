package io.lockstep.log;

import java.util.List;

/// How an entry changes the provisional commits of its group: it adds a provisional commit, confirms
/// some, rejects one, or voids some.
///
/// @param before the provisional commits before the entry
/// @param after those after it
public record ProvisionalChange(ProvisionalCommits before, ProvisionalCommits after) {
    /// The commits that are provisional no more: confirmed, or void. Nothing can undo them any more.
    public List<Long> settled() {
        return before.commits().stream()
                .map(ProvisionalCommit::position)
                .filter(position -> after.at(position).isEmpty())
                .toList();
    }
}
