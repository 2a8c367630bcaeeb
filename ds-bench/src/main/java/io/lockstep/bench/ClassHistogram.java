package io.lockstep.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The live objects of a Java process by class, after a full collection.
///
/// @param rows counts by class name, as `jcmd GC.class_histogram` prints it
record ClassHistogram(Map<String, Row> rows) {
    private static final Pattern LINE =
            Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+(\\d+)\\s+(\\S+)(?:\\s.*)?");

    /// The filler objects that the collector puts into unused space.
    private static final String FILLER = "jdk.internal.vm.Filler";

    record Row(long objects, long bytes) {
        static final Row NONE = new Row(0, 0);

        Row minus(Row other) {
            return new Row(objects - other.objects, bytes - other.bytes);
        }
    }

    ClassHistogram {
        rows = Map.copyOf(rows);
    }

    /// Parses the output. Adds up classes of one name from several loaders, and hidden classes of
    /// one origin.
    static ClassHistogram parse(String text) {
        var rows = new HashMap<String, Row>();
        text.lines()
                .forEach(line -> {
                    var fields = LINE.matcher(line);
                    if (fields.matches() && !fields.group(3).contains(FILLER)) {
                        var row =
                                new Row(
                                        Long.parseLong(fields.group(1)),
                                        Long.parseLong(fields.group(2)));
                        rows.merge(
                                fields.group(3).replaceAll("[/+]0x[0-9a-f]+", ""),
                                row,
                                (a, b) -> new Row(a.objects + b.objects, a.bytes + b.bytes));
                    }
                });
        return new ClassHistogram(rows);
    }

    /// Collects twice before it counts: the second collection frees what the first only unlinked.
    static ClassHistogram of(long pid) {
        jcmd(pid, "GC.run");
        return parse(jcmd(pid, "GC.class_histogram"));
    }

    private static String jcmd(long pid, String command) {
        var program = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        try {
            var process =
                    new ProcessBuilder(program.toString(), Long.toString(pid), command)
                            .redirectErrorStream(true)
                            .start();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new BenchException("jcmd " + pid + " " + command + ": " + text);
            }
            return text;
        } catch (IOException e) {
            throw new BenchException("jcmd is needed; it is part of a JDK", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    long bytes() {
        return rows.values().stream().mapToLong(Row::bytes).sum();
    }

    ClassHistogram minus(ClassHistogram before) {
        var more = new HashMap<String, Row>();
        rows.forEach(
                (name, row) -> more.put(name, row.minus(before.rows.getOrDefault(name, Row.NONE))));
        before.rows.forEach((name, row) -> more.putIfAbsent(name, Row.NONE.minus(row)));
        return new ClassHistogram(more);
    }

    /// Returns the lines of a table: the share of each class per connection, in falling order of
    /// bytes, down to one byte.
    List<String> perConnection(int connections) {
        return rows.entrySet().stream()
                .filter(e -> Math.abs(e.getValue().bytes()) >= connections)
                .sorted(Comparator.comparingLong(e -> -e.getValue().bytes()))
                .map(e ->
                        "%8.2f %8.1f  %s"
                                .formatted(
                                        (double) e.getValue().objects() / connections,
                                        (double) e.getValue().bytes() / connections,
                                        e.getKey()))
                .toList();
    }
}
