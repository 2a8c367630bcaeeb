package io.lockstep.redis;

/// How much of Redis's `maxmemory` may be in use before additions are refused.
///
/// ```
/// 1 ≤ low < high ≤ 100
/// ```
///
/// @param highPercent from here on additions are refused
/// @param lowPercent below this they are taken again
public record MemoryMarks(int highPercent, int lowPercent) {
    /// The rest is room for what was admitted before the mark was noticed.
    public static final MemoryMarks DEFAULT = new MemoryMarks(90, 85);

    public MemoryMarks {
        if (lowPercent < 1 || lowPercent >= highPercent || highPercent > 100) {
            throw new IllegalArgumentException(
                    "the marks of the store's memory must be 1 ≤ low < high ≤ 100 percent");
        }
    }
}
