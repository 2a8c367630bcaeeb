package io.lockstep.benchmarks.fuzz;

import java.util.Arrays;
import java.util.Random;

/// Mutates a fuzz input at random: flips a bit, replaces a byte, truncates, duplicates a range, or
/// inserts bytes.
final class Mutator {
    private static final int[] REMARKABLE = {0, 1, 0x7f, 0x80, 0xff, 0x40, 0xc0, '\r', '\n', ' '};

    private Mutator() {}

    /// @return a new array with one to four changes
    static byte[] mutate(Random random, byte[] original) {
        var bytes = original.clone();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            bytes = once(random, bytes);
        }
        return bytes;
    }

    private static byte[] once(Random random, byte[] bytes) {
        if (bytes.length == 0) {
            return new byte[] {(byte) random.nextInt()};
        }
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(6)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) REMARKABLE[random.nextInt(REMARKABLE.length)];
            case 2 -> bytes[at] = (byte) random.nextInt();
            case 3 -> {
                return Arrays.copyOf(bytes, at);
            }
            case 4 -> {
                int length = Math.min(bytes.length - at, 1 + random.nextInt(40));
                return inserted(bytes, at, Arrays.copyOfRange(bytes, at, at + length));
            }
            default -> {
                var more = new byte[1 + random.nextInt(8)];
                random.nextBytes(more);
                return inserted(bytes, at, more);
            }
        }
        return bytes;
    }

    private static byte[] inserted(byte[] bytes, int at, byte[] more) {
        var longer = Arrays.copyOf(bytes, bytes.length + more.length);
        System.arraycopy(more, 0, longer, at, more.length);
        System.arraycopy(bytes, at, longer, at + more.length, bytes.length - at);
        return longer;
    }
}
