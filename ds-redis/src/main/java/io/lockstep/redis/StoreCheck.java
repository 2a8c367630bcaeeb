package io.lockstep.redis;

/// The result of one check of the store, for readiness.
///
/// @param name stable name of the check
/// @param warns whether operators should read the detail although the check is ok
/// @param detail text for people
public record StoreCheck(String name, boolean ok, boolean warns, String detail) {
    public StoreCheck(String name, boolean ok, String detail) {
        this(name, ok, false, detail);
    }
}
