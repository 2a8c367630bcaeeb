package io.lockstep.cli.program;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Builds command lines that start programs of this distribution with the same Java, options and
/// class path as this process.
public final class ChildCommandLine {
    private ChildCommandLine() {}

    /// @param jvmOptions added after this process's own options, so that they take precedence
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

    /// Returns the command line of a development server on free ports.
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
