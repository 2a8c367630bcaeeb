package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {
    /// Regression: a list of commands shows only the first line of a description. It ended in the
    /// middle of a sentence.
    @Test
    void theFirstLineOfEachDescriptionIsOneSentence() {
        assertOneSentence(Main.commandLine());
    }

    private static void assertOneSentence(CommandLine command) {
        var spec = command.getCommandSpec();
        if (spec.usageMessage().hidden()) {
            return;
        }
        assertThat(spec.usageMessage().description()[0])
                .as(spec.qualifiedName())
                .matches("[A-Z][^.]*\\.");
        command.getSubcommands().values().forEach(MainTest::assertOneSentence);
    }
}
