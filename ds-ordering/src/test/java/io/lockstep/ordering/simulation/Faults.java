package io.lockstep.ordering.simulation;

/// How the way to the log behaves. Probabilities of one call.
///
/// @param lostRequest it never arrives
/// @param lostReply it arrives, its answer does not
/// @param silent of those lost: no error either; only the caller's own patience ends it
/// @param late it arrives after its sender has given it up
/// @param slow it takes milliseconds in place of microseconds
/// @param throwing asking throws an Error, or an Error comes in place of the answer
/// @param refused nothing is executed, and the caller is told so
record Faults(
        double lostRequest,
        double lostReply,
        double silent,
        double late,
        double slow,
        double throwing,
        double refused) {
    static final Faults NONE = new Faults(0, 0, 0, 0, 0, 0, 0);
    static final Faults SOME = new Faults(0.02, 0.04, 0.2, 0.03, 0.3, 0, 0);
    static final Faults MANY = new Faults(0.15, 0.2, 0.3, 0.1, 0.5, 0, 0);
    static final Faults THROWS = new Faults(0.02, 0.04, 0.2, 0.03, 0.3, 0.05, 0);
    static final Faults REFUSES = new Faults(0, 0, 0, 0, 0, 0, 0.6);
    static final Faults LOSES_AND_REFUSES = new Faults(0.1, 0.15, 0.2, 0.1, 0.3, 0, 0.4);
}
