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

/// Holds docs/LIMITS.md to the code: every component of every record of limits stands there, so that no
/// limit comes without a line that says whom it binds and what one sees at it.
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
        // What the server's settings hold becomes limits of the modules; the client library has its
        // own.
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

    /// `Record.component`; a component that is itself a record of limits stands for its own.
    private static Stream<String> components(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .filter(field -> !holdsLimits(field.getRawType()))
                .map(field -> type.getSimpleName() + "." + field.getName());
    }
}
