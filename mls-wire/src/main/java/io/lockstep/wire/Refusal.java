package io.lockstep.wire;

/// Why something was refused.
///
/// @param detail one sentence for people; it never quotes what a client sent
public record Refusal(Code code, String detail) {
    /// A refusal that says no more than what its code means.
    public static Refusal of(Code code) {
        return new Refusal(code, code.meaning());
    }
}
