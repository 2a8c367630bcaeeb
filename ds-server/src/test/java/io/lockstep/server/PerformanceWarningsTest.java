package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PerformanceWarningsTest {
    private static final PerformanceWarnings.MachineFeatures BEST =
            new PerformanceWarnings.MachineFeatures(
                    true,
                    "Linux on amd64",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Path.of("/tmp"),
                    true);

    @Test
    void aMachineWithAllFeaturesGivesNoWarning() {
        assertThat(PerformanceWarnings.warnings(DevServerIT.settings(Map.of()), BEST)).isEmpty();
    }

    /// Container runtimes deny io_uring by default, and no warning told operators that broadcasts
    /// were slower.
    @Test
    void aDeniedIoUringIsReportedWithItsRemedyUnlessItWasNotRequested() {
        var denied =
                new PerformanceWarnings.MachineFeatures(
                        true,
                        "Linux on amd64",
                        Optional.empty(),
                        Optional.of("EPERM"),
                        Optional.empty(),
                        Path.of("/tmp"),
                        true);
        assertThat(PerformanceWarnings.warnings(DevServerIT.settings(Map.of()), denied))
                .singleElement()
                .asString()
                .contains(
                        "SLOWER", "EPERM", "seccomp", "io_uring_setup", "listen.write-path direct");
        assertThat(
                        PerformanceWarnings.warnings(
                                DevServerIT.settings(Map.of("listen.write-path", "direct")),
                                denied))
                .isEmpty();
    }

    @Test
    void anUnwritableFolderForNativeLibrariesIsReported() {
        var unwritable =
                new PerformanceWarnings.MachineFeatures(
                        true,
                        "Linux on amd64",
                        Optional.of("UnsatisfiedLinkError: /tmp"),
                        Optional.of("none"),
                        Optional.of("UnsatisfiedLinkError: /tmp"),
                        Path.of("/read-only"),
                        false);
        assertThat(PerformanceWarnings.warnings(DevServerIT.settings(Map.of()), unwritable))
                .hasSize(2)
                .allMatch(warning -> warning.contains("/read-only, which cannot be written"))
                .anyMatch(warning -> warning.contains("nio in place of epoll"))
                .anyMatch(warning -> warning.contains("TLS is by the JDK"));
    }

    @Test
    void anotherArchitectureIsReportedAndAnotherSystemIsNot() {
        var riscv =
                new PerformanceWarnings.MachineFeatures(
                        true,
                        "Linux on riscv64",
                        Optional.of("no library"),
                        Optional.empty(),
                        Optional.empty(),
                        Path.of("/tmp"),
                        true);
        assertThat(PerformanceWarnings.warnings(DevServerIT.settings(Map.of()), riscv))
                .singleElement()
                .asString()
                .contains("Linux on riscv64", "aarch_64");
        var mac =
                new PerformanceWarnings.MachineFeatures(
                        false,
                        "Mac OS X on aarch64",
                        Optional.of("no epoll"),
                        Optional.of("no ring"),
                        Optional.of("no library"),
                        Path.of("/tmp"),
                        true);
        assertThat(PerformanceWarnings.warnings(DevServerIT.settings(Map.of()), mac)).isEmpty();
    }
}
