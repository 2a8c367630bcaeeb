package io.lockstep.wire.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.lockstep.wire.proto.ClientFrame;
import io.lockstep.wire.proto.ServerFrame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Compares docs/PROTOCOL.md with `lockstep.proto`: each frame has a row in the tables of section 3
/// and a section of its own, which names each of its fields.
final class FrameSectionsTest {
    private static final Pattern HEADING = Pattern.compile("(?m)^### 3\\.\\d+ (.*)$");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```.*?^```$");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern NAME = Pattern.compile("[a-z0-9_]+");

    @Test
    void eachFrameHasARowInTheTablesOfFrames() throws IOException {
        var page = page();
        int tables = page.indexOf("\n## 3. Frames\n");
        var rows = page.substring(tables, page.indexOf("\n### ", tables));
        assertThat(frames())
                .allSatisfy(frame ->
                        assertThat(rows).containsPattern("(?m)^\\| `" + frame.getName() + "` \\|"));
    }

    @Test
    void theSectionOfEachFrameNamesItsFields() throws IOException {
        var sections = sections();
        var missing = new TreeSet<String>();
        for (var frame : frames()) {
            var section = sections.getOrDefault(frame.getName(), "");
            for (var field : frame.getMessageType().getFields()) {
                if (!names(section).contains(field.getName())) {
                    missing.add(frame.getName() + "." + field.getName());
                }
            }
        }
        assertThat(missing).as("fields that their section does not name").isEmpty();
    }

    @Test
    void eachFieldOfAnInnerMessageIsNamed() throws IOException {
        var named = names(page());
        var missing = new TreeSet<String>();
        for (var type : ClientFrame.getDescriptor().getFile().getMessageTypes()) {
            if (!type.equals(ClientFrame.getDescriptor())
                    && !type.equals(ServerFrame.getDescriptor())) {
                missing.addAll(unnamed(type, named));
            }
        }
        assertThat(missing).as("fields that the page does not name").isEmpty();
    }

    private static List<String> unnamed(Descriptor type, Set<String> named) {
        return type.getFields().stream()
                .filter(field -> !named.contains(field.getName()))
                .map(FieldDescriptor::getFullName)
                .toList();
    }

    /// The bodies of both kinds of frames.
    private static List<FieldDescriptor> frames() {
        return Stream.of(ClientFrame.getDescriptor(), ServerFrame.getDescriptor())
                .flatMap(frame -> frame.getOneofs().getFirst().getFields().stream())
                .toList();
    }

    /// The text of the section of each frame; a section may be of several.
    private static Map<String, String> sections() throws IOException {
        var page = page();
        var sections = new TreeMap<String, String>();
        for (var heading : HEADING.matcher(page).results().toList()) {
            int next = page.indexOf("\n##", heading.end());
            var section = page.substring(heading.end(), next);
            names(heading.group(1)).forEach(frame -> sections.put(frame, section));
        }
        return sections;
    }

    /// The names in the code spans of a text.
    private static Set<String> names(String text) {
        var names = new TreeSet<String>();
        for (var code : CODE.matcher(text).results().toList()) {
            NAME.matcher(code.group(1)).results().forEach(name -> names.add(name.group()));
        }
        return names;
    }

    /// The page without its blocks of code.
    private static String page() throws IOException {
        var root = Path.of(System.getProperty("lockstep.root", ".."));
        return FENCE.matcher(Files.readString(root.resolve("docs/PROTOCOL.md"))).replaceAll("");
    }
}
