package io.lockstep.bench;

import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/// The options that choose the source of a group's messages.
final class EngineOptions {
    /// Groups of at least this size are made once and kept.
    private static final int PREPARED_FROM = 500;

    @Option(
            names = "--engine",
            defaultValue = "synthetic",
            description =
                    "synthetic: real headers, random bytes; bcmls: real MLS, another member reads"
                            + " all (default: synthetic)")
    private Engine engine = Engine.synthetic;

    @Option(
            names = "--leaves",
            defaultValue = "2",
            description = {
                "members with keys, with --engine bcmls (default: 2). A group of 500 or more is",
                "made once, which takes minutes for 50,000, and kept in --mls-folder"
            })
    private int leaves = 2;

    @Option(
            names = "--mls-folder",
            defaultValue = "${sys:java.io.tmpdir}/lockstep-bench-mls",
            description = "folder for groups made for --engine bcmls (default: ${DEFAULT-VALUE})")
    private Path folder = Path.of("lockstep-bench-mls");

    // In lower case, as users type them.
    @SuppressWarnings("checkstyle:ConstantName")
    enum Engine {
        synthetic,
        bcmls
    }

    private boolean isPrepared() {
        return engine == Engine.bcmls && leaves >= PREPARED_FROM;
    }

    /// Returns the group's name before its number; a kept group has its name already.
    String groupPrefix(String otherwise) {
        return isPrepared() ? PreparedMlsSource.nameOf(leaves) : otherwise;
    }

    MessageSource source(String group, Consumer<String> say) {
        if (isPrepared()) {
            return PreparedMlsSource.open(leaves, folder, say);
        }
        var id = GroupSetup.id(group);
        return engine == Engine.bcmls ? new RealMlsSource(id, leaves) : MessageSource.synthetic(id);
    }
}
