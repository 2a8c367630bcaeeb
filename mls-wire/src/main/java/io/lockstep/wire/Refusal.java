package io.lockstep.wire;

/// The reason of a refusal.
///
/// @param detail one sentence for people; it never quotes bytes of a client
public record Refusal(Code code, String detail) {
    /// A refusal whose detail is the meaning of its code.
    public static Refusal of(Code code) {
        return new Refusal(code, code.meaning());
    }
}
