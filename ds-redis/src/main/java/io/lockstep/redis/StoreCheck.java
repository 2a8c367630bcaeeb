package io.lockstep.redis;

/// The result of one check of the store, for readiness.
///
/// @param name stable name of the check
/// @param detail text for people
public record StoreCheck(String name, boolean ok, String detail) {}
