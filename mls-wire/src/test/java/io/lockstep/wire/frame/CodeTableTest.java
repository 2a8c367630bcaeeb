package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// docs/PROTOCOL.md contains the table of the registry. When this fails, paste the expected table
/// there.
final class CodeTableTest {
    private static final String BEGIN =
            "<!-- codes: this table is checked against the registry by CodeTableTest -->\n";
    private static final String END = "<!-- /codes -->";

    @Test
    void theProtocolDocumentListsEveryCodeAsTheRegistryHasIt() throws IOException {
        var root = Path.of(System.getProperty("lockstep.root", ".."));
        var document = Files.readString(root.resolve("docs/PROTOCOL.md"));
        int begin = document.indexOf(BEGIN) + BEGIN.length();
        var table = document.substring(begin, document.indexOf(END, begin));
        assertThat(table).isEqualTo(expected());
    }

    @Test
    void numbersAreUnique() {
        assertThat(Arrays.stream(Code.values()).map(Code::number)).doesNotHaveDuplicates();
    }

    private static String expected() {
        return "| Number | Name | Retry | HTTP | Meaning |\n|---|---|---|---|---|\n"
                + Arrays.stream(Code.values())
                        .map(CodeTableTest::row)
                        .collect(Collectors.joining());
    }

    private static String row(Code code) {
        return "| %d | `%s` | %s | %d | %s |\n"
                .formatted(
                        code.number(),
                        code.wireName(),
                        code.retry().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        code.httpStatus(),
                        code.meaning());
    }
}
