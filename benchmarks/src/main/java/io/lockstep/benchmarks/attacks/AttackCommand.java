package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The command `benchmarks/attacks/run`.
@Command(
        name = "attacks/run",
        description = "Starts a server, attacks it, and measures honest clients during the attack.",
        mixinStandardHelpOptions = true)
public final class AttackCommand implements Callable<Integer> {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    @Parameters(paramLabel = "NAME", description = "Attacks; none: all of them.", arity = "0..*")
    private List<String> names = List.of();

    @Option(names = "--list", description = "Lists the attacks.")
    private boolean list;

    @Option(
            names = "--server",
            paramLabel = "DIR",
            description = "Checkout whose server is attacked (default: ${DEFAULT-VALUE}).")
    private Path server = Path.of(".");

    @Option(names = "--heap", description = "Heap of the server (default: ${DEFAULT-VALUE}).")
    private String heap = "1g";

    @Option(
            names = "--seconds",
            description = "Duration of each attack (default: ${DEFAULT-VALUE}).")
    private long seconds = 20;

    @Option(
            names = "--normal-within",
            description = "Seconds in which a server must recover (default: ${DEFAULT-VALUE}).")
    private long normalWithin = 60;

    @Option(
            names = "--out",
            paramLabel = "FILE.json",
            description = "Writes results; keeps those of other attacks in the file.")
    private @Nullable Path out;

    @Option(
            names = "--compare",
            paramLabel = "FILE.json",
            arity = "2",
            description = "Prints two result files side by side, without attacking.")
    private List<Path> compare = List.of();

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new AttackCommand()).execute(arguments));
    }

    @Override
    public Integer call() throws IOException {
        if (list) {
            AttackCatalog.all().forEach(a -> System.out.printf("  %-22s %s%n", a.name(), a.what()));
            return 0;
        }
        if (!compare.isEmpty()) {
            System.out.print(
                    AttackTable.compare(results(compare.getFirst()), results(compare.getLast())));
            return 0;
        }
        var chosen = AttackCatalog.named(names);
        var start =
                new TargetServer.Start(
                        List.of(server.toAbsolutePath().resolve("lockstep").toString()),
                        "-Xmx" + heap,
                        List.of("dev"),
                        0);
        var results = new ArrayList<JsonNode>();
        for (var attack : chosen) {
            System.out.printf("%s: %s%n", attack.name(), attack.what());
            var result = new LinkedHashMap<String, Object>();
            try {
                result.putAll(new AttackRun(attack, seconds, normalWithin).run(start));
            } catch (IOException | RuntimeException e) {
                result.put("attack", attack.name());
                result.put("what", attack.what());
                result.put("fault", e.toString());
            }
            result.put("about", about());
            JsonNode kept = JSON.valueToTree(result);
            results.add(kept);
            keep(kept);
            System.out.print(AttackTable.of(List.of(kept)));
        }
        System.out.print(AttackTable.of(results));
        return 0;
    }

    private Map<String, Object> about() throws IOException {
        var about = new LinkedHashMap<String, Object>();
        about.put(
                "command",
                "benchmarks/attacks/run --heap %s --seconds %d".formatted(heap, seconds));
        about.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        about.put("commit", commit());
        about.put(
                "java",
                System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        about.put(
                "machine",
                "%s %s %s, %d cores"
                        .formatted(
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                System.getProperty("os.arch"),
                                Runtime.getRuntime().availableProcessors()));
        about.put("loadAfter", Files.readString(Path.of("/proc/loadavg")).strip());
        return about;
    }

    private String commit() throws IOException {
        var git =
                new ProcessBuilder("git", "describe", "--always", "--dirty", "--exclude=*")
                        .directory(server.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try (BufferedReader lines = git.inputReader(StandardCharsets.UTF_8)) {
            var line = lines.readLine();
            return line == null ? "unknown" : line;
        }
    }

    private void keep(JsonNode result) throws IOException {
        var file = out;
        if (file == null) {
            return;
        }
        var all = new ArrayList<JsonNode>();
        if (Files.exists(file)) {
            results(file).stream().filter(kept -> !isOf(kept, result)).forEach(all::add);
        }
        all.add(result);
        Files.writeString(file, JSON.writeValueAsString(all) + "\n");
    }

    private static boolean isOf(JsonNode kept, JsonNode result) {
        return kept.path("attack").equals(result.path("attack"));
    }

    private static List<JsonNode> results(Path file) throws IOException {
        var all = new ArrayList<JsonNode>();
        JSON.readTree(Files.readString(file)).forEach(all::add);
        return all;
    }
}
