package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SlowPathsTest {
    private static final SlowPaths.Machine BEST =
            new SlowPaths.Machine(
                    true,
                    "Linux on amd64",
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Path.of("/tmp"),
                    true);

    @Test
    void aMachineThatHasEverythingGivesNoWarning() {
        assertThat(SlowPaths.warnings(DevServerIT.settings(Map.of()), BEST)).isEmpty();
    }

    /// Container runtimes deny io_uring by default; nothing told that broadcasts were slower for it.
    @Test
    void aDeniedIoUringIsToldWithItsRemedyUnlessItWasNotAskedFor() {
        var denied =
                new SlowPaths.Machine(
                        true,
                        "Linux on amd64",
                        Optional.empty(),
                        Optional.of("EPERM"),
                        Optional.empty(),
                        Path.of("/tmp"),
                        true);
        assertThat(SlowPaths.warnings(DevServerIT.settings(Map.of()), denied))
                .singleElement()
                .asString()
                .contains(
                        "SLOWER", "EPERM", "seccomp", "io_uring_setup", "listen.write-path direct");
        assertThat(
                        SlowPaths.warnings(
                                DevServerIT.settings(Map.of("listen.write-path", "direct")),
                                denied))
                .isEmpty();
    }

    @Test
    void anUnwritableFolderForNativeLibrariesIsNamed() {
        var unwritable =
                new SlowPaths.Machine(
                        true,
                        "Linux on amd64",
                        Optional.of("UnsatisfiedLinkError: /tmp"),
                        Optional.of("none"),
                        Optional.of("UnsatisfiedLinkError: /tmp"),
                        Path.of("/read-only"),
                        false);
        assertThat(SlowPaths.warnings(DevServerIT.settings(Map.of()), unwritable))
                .hasSize(2)
                .allMatch(warning -> warning.contains("/read-only, which cannot be written"))
                .anyMatch(warning -> warning.contains("nio in place of epoll"))
                .anyMatch(warning -> warning.contains("TLS is by the JDK"));
    }

    @Test
    void anotherArchitectureIsNamedAndAnotherSystemHasNothingToMend() {
        var riscv =
                new SlowPaths.Machine(
                        true,
                        "Linux on riscv64",
                        Optional.of("no library"),
                        Optional.empty(),
                        Optional.empty(),
                        Path.of("/tmp"),
                        true);
        assertThat(SlowPaths.warnings(DevServerIT.settings(Map.of()), riscv))
                .singleElement()
                .asString()
                .contains("Linux on riscv64", "aarch_64");
        var mac =
                new SlowPaths.Machine(
                        false,
                        "Mac OS X on aarch64",
                        Optional.of("no epoll"),
                        Optional.of("no ring"),
                        Optional.of("no library"),
                        Path.of("/tmp"),
                        true);
        assertThat(SlowPaths.warnings(DevServerIT.settings(Map.of()), mac)).isEmpty();
    }
}
