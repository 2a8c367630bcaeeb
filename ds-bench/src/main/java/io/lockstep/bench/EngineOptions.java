package io.lockstep.bench;

import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/// Whose messages a group's are.
final class EngineOptions {
    /// Groups as large as this are made once and kept.
    private static final int PREPARED_FROM = 500;

    @Option(
            names = "--engine",
            defaultValue = "synthetic",
            description =
                    "synthetic: real headers, random bytes; bcmls: real MLS, one more member reads"
                            + " all (default: synthetic)")
    private Engine engine = Engine.synthetic;

    @Option(
            names = "--leaves",
            defaultValue = "2",
            description = {
                "members with keys, with --engine bcmls (default: 2). A group of 500 or more is made once, which takes",
                "minutes for 50,000, and kept in --mls-folder"
            })
    private int leaves = 2;

    @Option(
            names = "--mls-folder",
            defaultValue = "${sys:java.io.tmpdir}/lockstep-bench-mls",
            description =
                    "where groups made for --engine bcmls are kept (default: ${DEFAULT-VALUE})")
    private Path folder = Path.of("lockstep-bench-mls");

    // Lower case as they are typed.
    @SuppressWarnings("checkstyle:ConstantName")
    enum Engine {
        synthetic,
        bcmls
    }

    private boolean isPrepared() {
        return engine == Engine.bcmls && leaves >= PREPARED_FROM;
    }

    /// What the group is called, before its number; a kept group has its name already.
    String groupPrefix(String otherwise) {
        return isPrepared() ? PreparedMls.nameOf(leaves) : otherwise;
    }

    MessageSource source(String group, Consumer<String> say) {
        if (isPrepared()) {
            return PreparedMls.open(leaves, folder, say);
        }
        var id = GroupSetup.id(group);
        return engine == Engine.bcmls ? new MlsMessages(id, leaves) : MessageSource.synthetic(id);
    }
}
