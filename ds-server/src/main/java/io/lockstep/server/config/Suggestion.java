package io.lockstep.server.config;

import java.util.Collection;
import java.util.Comparator;

/// Finds the existing name that a misspelled one may mean.
final class Suggestion {
    /// One letter in three may differ.
    private static final int LETTERS_PER_MISTAKE = 3;

    private static final int WORD_CHARS_MAX = 100;

    private Suggestion() {}

    /// @return `there is no such setting`, with the most similar name
    static String noSuchSetting(String written, Collection<String> known) {
        var plain = "there is no such setting";
        if (written.length() > WORD_CHARS_MAX) {
            return plain;
        }
        var last = lastPart(written);
        return known.stream()
                .min(
                        Comparator.<String>comparingInt(name -> distance(written, name))
                                .thenComparing(Comparator.naturalOrder()))
                .filter(name -> distance(written, name) <= written.length() / LETTERS_PER_MISTAKE)
                .or(() -> known.stream().filter(name -> lastPart(name).equals(last)).findFirst())
                .map(name -> plain + "; did you mean " + name + "?")
                .orElse(plain);
    }

    /// The right name may be in the wrong section.
    private static String lastPart(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /// Insertions, deletions and replacements between two words (Levenshtein distance).
    private static int distance(String from, String to) {
        var row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
