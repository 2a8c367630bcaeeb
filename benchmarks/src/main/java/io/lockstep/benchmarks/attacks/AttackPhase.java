package io.lockstep.benchmarks.attacks;

/// What is measured apart: before the attack, during it, after its connections were closed.
enum AttackPhase {
    BEFORE,
    DURING,
    AFTER
}
