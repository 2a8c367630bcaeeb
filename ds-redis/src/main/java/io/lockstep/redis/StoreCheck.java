package io.lockstep.redis;

/// One thing that readiness depends on.
///
/// @param name stable
/// @param detail for people
public record StoreCheck(String name, boolean ok, String detail) {}
