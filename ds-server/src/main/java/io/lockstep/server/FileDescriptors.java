package io.lockstep.server;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/// The limit of open files and sockets of the process (`RLIMIT_NOFILE`), and how many of them
/// client connections may use.
///
/// @param max the limit of the process
record FileDescriptors(long max) {
    /// Connections that are refused or evicted and not closed yet: 64 of each.
    private static final int LEAVING = 128;

    /// The store's connections, event loops, the operations port and its connections, Java's own
    /// files.
    private static final int OWN = 96;

    private static final int RESERVE = LEAVING + OWN;

    static FileDescriptors ofThisProcess() {
        return new FileDescriptors(
                ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean os
                        ? os.getMaxFileDescriptorCount()
                        : Long.MAX_VALUE);
    }

    /// Checks or chooses the number of client connections.
    ///
    /// @param fitting connections that fit into memory
    /// @param asked the operator's setting; 0: as many as fit
    /// @throws IllegalArgumentException if fewer may be open; the message names the remedy
    int connections(int fitting, int asked) {
        long most = max - RESERVE;
        if (most < 1 || asked > most) {
            throw new IllegalArgumentException(
                    ("%s more files than the %d that this process may have open, %d of which are"
                                    + " not for clients; %sraise the limit (ulimit -n,"
                                    + " LimitNOFILE)")
                            .formatted(
                                    asked > 0 ? "connections-max " + asked + " needs" : "it takes",
                                    max,
                                    RESERVE,
                                    asked > 0 && most >= 1 ? "lower it to " + most + ", or " : ""));
        }
        return (int) Math.min(fitting, most);
    }
}
