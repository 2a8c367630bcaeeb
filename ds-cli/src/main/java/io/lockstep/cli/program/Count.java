package io.lockstep.cli.program;

/// Writes a number with its noun: `1 member`, `2 members`.
public final class Count {
    private Count() {}

    /// @param noun in the singular; its plural ends with s
    public static String of(long number, String noun) {
        return "%,d %s%s".formatted(number, noun, number == 1 ? "" : "s");
    }
}
