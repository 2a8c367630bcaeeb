package io.lockstep.log;

/// What is known of a call that failed.
public enum Effect {
    /// The store did nothing of it, and will not do it later. The call can be refused, or made again.
    NOT_EXECUTED,

    /// The store may have done it, or may still do it. Only reading tells.
    UNKNOWN
}
