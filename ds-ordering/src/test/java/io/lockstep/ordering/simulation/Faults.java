package io.lockstep.ordering.simulation;

/// The faults of a node's connection to the log. Probabilities of one call.
///
/// @param lostRequest the request is lost
/// @param lostReply the request is executed, its answer is lost
/// @param silent share of the lost calls without an error: only the caller's time-out ends them
/// @param late the request is executed after its sender has given it up
/// @param slow the request takes milliseconds instead of microseconds
/// @param throwing the call throws an Error, or returns an Error in place of the answer
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
