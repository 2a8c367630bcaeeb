package io.lockstep.benchmarks.attacks;

/// What is measured apart: before the attack, during it, after its connections were closed.
enum Phase {
    BEFORE,
    DURING,
    AFTER
}
