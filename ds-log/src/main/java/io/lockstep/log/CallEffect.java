package io.lockstep.log;

/// What is known about the effect of a failed call.
public enum CallEffect {
    /// The store did not execute the call and will not execute it later. The call can be refused or
    /// retried.
    NOT_EXECUTED,

    /// The store may have executed the call, or may still execute it. Only a read can tell.
    UNKNOWN
}
