package io.lockstep.bench.traffic;

import java.util.SplittableRandom;

/// A distribution of message lengths, in bytes of the whole MLSMessage.
public sealed interface SizeProfile {
    int next(SplittableRandom random);

    /// All messages have one length.
    record Fixed(int bytes) implements SizeProfile {
        @Override
        public int next(SplittableRandom random) {
            return bytes;
        }
    }

    /// Lengths between two bounds, uniformly distributed.
    record Uniform(int from, int to) implements SizeProfile {
        public Uniform {
            if (from > to) {
                throw new IllegalArgumentException(from + " is more than " + to);
            }
        }

        @Override
        public int next(SplittableRandom random) {
            return random.nextInt(from, to + 1);
        }
    }

    /// A typical chat: 90 % short texts, 8 % long texts or texts with a preview, 2 % small
    /// pictures.
    record Chat() implements SizeProfile {
        @Override
        public int next(SplittableRandom random) {
            int percent = random.nextInt(100);
            if (percent < 90) {
                return random.nextInt(160, 480);
            }
            return percent < 98 ? random.nextInt(480, 4_096) : random.nextInt(8_192, 60_000);
        }
    }

    /// @param text a number of bytes, `FROM-TO`, or `chat`
    static SizeProfile parse(String text) {
        if (text.equals("chat")) {
            return new Chat();
        }
        try {
            int dash = text.indexOf('-');
            return dash < 0
                    ? new Fixed(Integer.parseInt(text))
                    : new Uniform(
                            Integer.parseInt(text.substring(0, dash)),
                            Integer.parseInt(text.substring(dash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "a size is a number of bytes, FROM-TO or chat, not " + text, e);
        }
    }
}
