package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
    private static final Bytes STATE = Bytes.ofHex("00112233");

    @TempDir private Path temporary;

    private StateFolder folder() {
        return StateFolder.open(temporary.resolve("a/device"));
    }

    private Path file() {
        return temporary.resolve("a/device/state");
    }

    @Test
    void savedStateIsLoaded() {
        assertThat(folder().load()).isEmpty();
        folder().save(STATE);
        folder().save(Bytes.ofHex("44"));
        assertThat(folder().load()).contains(Bytes.ofHex("44"));
    }

    @Test
    void onlyTheOwnerMayReadIt() throws IOException {
        assumeThat(FileSystems.getDefault().supportedFileAttributeViews()).contains("posix");
        folder().save(STATE);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file().getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void aFileOfAnotherVersionIsRefused() throws IOException {
        folder().save(STATE);
        var bytes = Files.readAllBytes(file());
        bytes["lockstep state ".length()]++;
        Files.write(file(), bytes);
        assertThatThrownBy(() -> folder().load())
                .isInstanceOf(MlsException.class)
                .hasMessageContaining("another version");
    }

    @Test
    void aChangedFileIsRefused() throws IOException {
        folder().save(STATE);
        var bytes = Files.readAllBytes(file());
        bytes[bytes.length - 1]++;
        Files.write(file(), bytes);
        assertThatThrownBy(() -> folder().load())
                .isInstanceOf(MlsException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void oneProcessAtATimeHoldsTheFolder() throws IOException {
        try (var first = folder().tryLock().orElseThrow()) {
            assertThat(folder().tryLock()).isEmpty();
            assertThat(first.isOpen()).isTrue();
        }
        try (var second = folder().tryLock().orElseThrow()) {
            assertThat(second.isOpen()).isTrue();
        }
    }
}
