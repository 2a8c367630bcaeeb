package io.lockstep.log;

/// The kind of a log entry in MLS terms. The number is stored and hashed; it never changes meaning.
public enum EntryKind {
    APPLICATION(1),
    PROPOSAL(2),
    COMMIT(3);

    private final int number;

    EntryKind(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public static EntryKind of(int number) {
        return switch (number) {
            case 1 -> APPLICATION;
            case 2 -> PROPOSAL;
            case 3 -> COMMIT;
            default -> throw new IllegalArgumentException("no entry kind " + number);
        };
    }
}
