package io.lockstep.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// How many files and sockets the process may have open (`RLIMIT_NOFILE`), and how many of them connections of
/// clients may be.
///
/// @param max of the process
record FileDescriptors(long max) {
    /// Connections that are refused or evicted and not closed yet: 64 of each.
    private static final int LEAVING = 128;

    /// The store's connections, event loops, the operations port and who asks it, Java's own files.
    private static final int OWN = 96;

    private static final int RESERVE = LEAVING + OWN;

    static FileDescriptors ofThisProcess() {
        return new FileDescriptors(
                ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean os
                        ? os.getMaxFileDescriptorCount()
                        : Long.MAX_VALUE);
    }

    /// @param fitting connections that there is memory for
    /// @param asked by the operator; 0: as many as fit
    /// @throws IllegalArgumentException when fewer may be open, naming what to change
    int connections(int fitting, int asked) {
        long most = max - RESERVE;
        if (most < 1 || asked > most) {
            throw new IllegalArgumentException(
                    ("%s more files than the %d that this process may have open, %d of which are"
                                    + " not for clients; %sraise the limit (ulimit -n, LimitNOFILE)")
                            .formatted(
                                    asked > 0 ? "connections-max " + asked + " needs" : "it takes",
                                    max,
                                    RESERVE,
                                    asked > 0 && most >= 1 ? "lower it to " + most + ", or " : ""));
        }
        return (int) Math.min(fitting, most);
    }
}
