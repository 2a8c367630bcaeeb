package io.lockstep.ordering.simulation;

/// How the way to the log behaves. Probabilities of one call.
///
/// @param lostRequest it never arrives
/// @param lostReply it arrives, its answer does not
/// @param silent of those lost: no error either; only the caller's own patience ends it
/// @param late it arrives after its sender has given it up
/// @param throwing asking throws an Error, or an Error comes in place of the answer
/// @param slow it takes milliseconds in place of microseconds
record Faults(
        double lostRequest,
        double lostReply,
        double silent,
        double late,
        double slow,
        double throwing) {
    static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0);
    static final Faults SOME = new Faults(0.02, 0.04, 0.2, 0.03, 0.3, 0);
    static final Faults MANY = new Faults(0.15, 0.2, 0.3, 0.1, 0.5, 0);
    static final Faults THROWS = new Faults(0.02, 0.04, 0.2, 0.03, 0.3, 0.05);
}
