package io.lockstep.log.quota;

/// What an account counts. Each measure is a debt of its own.
public enum QuotaMeasure {
    MESSAGES("m"),
    COMMITS("c"),
    ENTRIES("e"),
    BYTES("b"),
    GROUPS("g"),
    GROUPS_PER_DAY("d"),
    UPLOAD_BYTES("u"),
    MEMBERSHIPS("j");

    private final String field;

    QuotaMeasure(String field) {
        this.field = field;
    }

    /// The stable name in the store.
    public String field() {
        return field;
    }
}
