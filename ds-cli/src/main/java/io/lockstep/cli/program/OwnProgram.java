package io.lockstep.cli.program;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Command lines of programs of this distribution, to be run as this process is: the same Java, options and
/// class path.
public final class OwnProgram {
    private OwnProgram() {}

    /// @param jvmOptions after this process's own, so that they win
    public static List<String> command(
            String mainClass, List<String> jvmOptions, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(jvmOptions);
        Collections.addAll(command, "-cp", System.getProperty("java.class.path"), mainClass);
        command.addAll(arguments);
        return command;
    }

    /// A server for development on free ports.
    ///
    /// @param folder its data folder
    public static List<String> devServer(
            Path folder, List<String> jvmOptions, List<String> arguments) {
        var all = new ArrayList<String>();
        Collections.addAll(all, "dev", "--port", "0", "--operations-port", "0");
        Collections.addAll(all, "--data", folder.toString());
        all.addAll(arguments);
        return command("io.lockstep.server.Main", jvmOptions, all);
    }
}
