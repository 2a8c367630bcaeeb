package io.lockstep.fanout.outbound;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A resizable array of delivery cursors, which may be added and removed during a pass. A visited
/// cursor is not visited again, a cursor not yet visited is not skipped, and an added cursor is
/// visited last. Only one pass runs at a time.
///
/// `0 ≤ visited ≤ count ≤ cursors.length`. Confined to one event loop.
final class CursorArray {
    private static final int SMALLEST = 4;

    private @Nullable DeliveryCursor[] cursors = new @Nullable DeliveryCursor[SMALLEST];
    private int count;
    private int visited;

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    void add(DeliveryCursor cursor) {
        if (count == cursors.length) {
            cursors = Arrays.copyOf(cursors, 2 * count);
        }
        cursor.index = count;
        cursors[count++] = cursor;
        assert invariants();
    }

    /// Moves the last cursor into the free index. Within the visited part it first moves the last
    /// visited cursor.
    void remove(DeliveryCursor cursor) {
        int hole = cursor.index;
        if (hole < 0 || hole >= count || cursors[hole] != cursor) {
            throw new IllegalStateException("the cursor is not in this array");
        }
        if (hole < visited) {
            visited--;
            move(visited, hole);
            hole = visited;
        }
        count--;
        move(count, hole);
        cursors[count] = null;
        cursor.index = -1;
        if (count > SMALLEST && count < cursors.length / 4) {
            cursors = Arrays.copyOf(cursors, cursors.length / 2);
        }
        assert invariants();
    }

    private void move(int from, int to) {
        var moved = cursors[from];
        if (moved != null && from != to) {
            cursors[to] = moved;
            moved.index = to;
        }
    }

    void beginPass() {
        visited = 0;
    }

    /// Visits the next cursor.
    ///
    /// @return null after all were visited
    @Nullable DeliveryCursor next() {
        return visited < count ? cursors[visited++] : null;
    }

    boolean allVisited() {
        return visited == count;
    }

    /// @return null when empty
    @Nullable DeliveryCursor any() {
        return count == 0 ? null : cursors[count - 1];
    }

    private boolean invariants() {
        return 0 <= visited && visited <= count && count <= cursors.length;
    }
}
