package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Compares docs/LIMITS.md with the code: the page names every component of every record of limits,
/// so each limit has a line about its scope and its visible effect.
class LimitsPageTest {
    private static final Path PAGE =
            Path.of(System.getProperty("lockstep.root", "..")).resolve("docs/LIMITS.md");

    @Test
    void everyLimitHasALine() throws IOException {
        var page = Files.readString(PAGE);
        var missing = new TreeSet<String>();
        for (var type :
                new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("io.lockstep")) {
            if (holdsLimits(type)) {
                components(type)
                        .filter(Predicate.not(name -> page.contains("`" + name + "`")))
                        .forEach(missing::add);
            }
        }
        assertThat(missing).as("limits that docs/LIMITS.md does not name").isEmpty();
    }

    /// A record named after limits, or one inside such a record.
    private static boolean holdsLimits(JavaClass type) {
        // Excludes the server's settings, which become limits of the modules, and the client
        // library, which has separate limits.
        if (!type.isRecord()
                || type.getPackageName().startsWith("io.lockstep.server")
                || type.getPackageName().startsWith("io.lockstep.client")) {
            return false;
        }
        return type.getSimpleName().endsWith("Limits")
                || type.getEnclosingClass()
                        .map(outer -> outer.getSimpleName().endsWith("Limits"))
                        .orElse(false);
    }

    /// `Record.component`; a component that is itself a record of limits is replaced by its
    /// components.
    private static Stream<String> components(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .filter(field -> !holdsLimits(field.getRawType()))
                .map(field -> type.getSimpleName() + "." + field.getName());
    }
}
