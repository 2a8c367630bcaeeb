package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeploymentKeyFileTest {
    private static final String ONE = "1f".repeat(DeploymentKey.BYTES);
    private static final String TWO = "2F".repeat(DeploymentKey.BYTES);

    @TempDir private Path folder;

    private DeploymentKeys read(String text) throws IOException {
        return DeploymentKeyFile.read(Files.writeString(folder.resolve("keys"), text));
    }

    private static Bytes id(String hex) {
        return DeploymentKey.of(Bytes.ofHex(hex)).id();
    }

    @Test
    void aFileWithOneKeyIsAsBefore() throws IOException {
        for (var text : new String[] {ONE, ONE + "\n", "  " + ONE + " \n\n"}) {
            assertThat(read(text).all()).extracting(DeploymentKey::id).containsExactly(id(ONE));
        }
    }

    @Test
    void theFirstLineIsTheCurrentKey() throws IOException {
        var keys = read("# since May\n" + TWO + "\r\n\n# until May\n" + ONE + "\n");

        assertThat(keys.all()).extracting(DeploymentKey::id).containsExactly(id(TWO), id(ONE));
        assertThat(keys.current().id()).isEqualTo(id(TWO));
    }

    @Test
    void anythingElseIsRefusedAndNotQuoted() {
        for (var text : new String[] {"", "# none\n", ONE + "\n5a5a5a", ONE + " " + TWO}) {
            assertThatThrownBy(() -> read(text))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("does not hold 64 hexadecimal digits")
                    .message()
                    .doesNotContain("5a5a5a", ONE);
        }
        assertThatThrownBy(() -> read(ONE + "\n" + ONE))
                .hasMessageContaining("occurs twice")
                .message()
                .doesNotContain(ONE);
    }
}
