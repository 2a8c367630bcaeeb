package io.lockstep.benchmarks.attacks;

/// The phases that are measured separately: before the attack, during it, after its connections
/// were closed.
enum AttackPhase {
    BEFORE,
    DURING,
    AFTER
}
