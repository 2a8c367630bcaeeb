package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.mls.MlsBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredNamesTest {
    @TempDir private Path folder;

    @Test
    void aNameIsFoundWhereverItIs() throws Exception {
        var group = MlsBytes.group("a group of this test");
        assertThatNoException().isThrownBy(() -> StoredNames.checkNone(folder.resolve("none")));
        Files.writeString(folder.resolve("sealed"), "x".repeat((16 << 20) - 5));
        assertThatNoException().isThrownBy(() -> StoredNames.checkNone(folder));

        var file = Files.createDirectories(folder.resolve("appendonlydir")).resolve("file");
        Files.writeString(file, "x".repeat((16 << 20) - 5) + "olga/phone");
        assertThatThrownBy(() -> StoredNames.checkNone(folder))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("/phone");

        Files.write(file, group.bytes().toArray());
        assertThatThrownBy(() -> StoredNames.checkNone(folder)).isInstanceOf(AssertionError.class);
    }
}
