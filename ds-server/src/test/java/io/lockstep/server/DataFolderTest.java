package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {
    @TempDir private Path temporary;

    private Path folder() {
        return temporary.resolve("not yet").resolve("there");
    }

    @Test
    void aSecondServerOnTheSameFolderIsRefusedWithOneSentence() throws IOException {
        try (var _ = DataFolder.open(folder())) {
            assertThatThrownBy(() -> DataFolder.open(folder()))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("another server is running on the data folder")
                    .hasMessageContaining("--data");
        }
        try (var again = DataFolder.open(folder())) {
            assertThat(again.path()).isEqualTo(folder());
        }
    }

    @Test
    void theDeploymentKeyIsCreatedOnceAndOnlyItsOwnerReadsIt() throws IOException {
        Bytes first;
        try (var data = DataFolder.open(folder())) {
            first = data.deploymentKeys().current().derive("test");
        }
        try (var data = DataFolder.open(folder())) {
            assertThat(data.deploymentKeys().current().derive("test")).isEqualTo(first);
            var file = data.path().resolve("deployment.key");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
        try (var other = DataFolder.open(temporary.resolve("other"))) {
            assertThat(other.deploymentKeys().current().derive("test")).isNotEqualTo(first);
        }
    }

    @Test
    void theAnnouncementIsWrittenAndDeletedInOneStep() throws IOException {
        try (var data = DataFolder.open(folder())) {
            var file = data.path().resolve("server.json");
            data.announce("{\"pid\":1}");
            data.announce("{\"pid\":2}");
            assertThat(file).hasContent("{\"pid\":2}");
            data.withdraw();
            data.withdraw();
            assertThat(file).doesNotExist();
            try (var left = Files.list(data.path())) {
                assertThat(left.map(path -> path.getFileName().toString())).containsExactly("lock");
            }
        }
    }

    @Test
    void aFolderThatIsAFileCannotBeUsed() throws IOException {
        var file = Files.createFile(temporary.resolve("file"));
        assertThatThrownBy(() -> DataFolder.open(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("cannot be used");
    }
}
