package io.lockstep.redis;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Redis process that outlived the process that started it. Two files identify it: one with its
/// pid, one with its port.
final class OrphanedRedis {
    private static final Logger LOG = LoggerFactory.getLogger(OrphanedRedis.class);
    private static final int STOPPING_SECONDS_MAX = 20;

    private OrphanedRedis() {}

    static Path pidFile(Path folder) {
        return folder.resolve("redis.pid");
    }

    private static Path portFile(Path folder) {
        return folder.resolve("redis.port");
    }

    static void remember(Path folder, int port) throws IOException {
        Files.writeString(portFile(folder), Integer.toString(port));
    }

    /// The running process that the pid file names. It is not necessarily Redis.
    static Optional<ProcessHandle> recorded(Path folder) throws IOException {
        var file = pidFile(folder);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        var text = Files.readString(file).trim();
        return text.isEmpty()
                ? Optional.empty()
                : ProcessHandle.of(Long.parseLong(text)).filter(ProcessHandle::isAlive);
    }

    /// Stops the Redis that an earlier process left on this folder, if there is one. The caller
    /// holds the lock of the folder, so no other server uses that Redis.
    ///
    /// @throws IOException when a process may be using the files of the folder and cannot be
    ///     identified or stopped
    static void stop(Path folder) throws IOException {
        var process = recorded(folder);
        if (process.isPresent() && Files.exists(portFile(folder))) {
            int port = Integer.parseInt(Files.readString(portFile(folder)).trim());
            if (isOurs(folder, process.get().pid(), port)) {
                LOG.info("stopping the Redis of an earlier run, pid {}", process.get().pid());
                stop(process.get());
            }
        }
        Files.deleteIfExists(pidFile(folder));
        Files.deleteIfExists(portFile(folder));
    }

    /// Whether the process with this pid serves this port and uses the data of this folder. The
    /// system reuses pids, and another process must not be stopped.
    private static boolean isOurs(Path folder, long pid, int port) throws IOException {
        try {
            var password = RedisPassword.of(folder);
            return RedisProbe.ask(port, password, "INFO", "server").stream()
                            .flatMap(String::lines)
                            .anyMatch(line -> line.equals("process_id:" + pid))
                    && RedisProbe.ask(port, password, "CONFIG", "GET", "dir")
                            .equals(List.of("dir", folder.toString()));
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            throw new IOException(
                    "a process on port "
                            + port
                            + ", perhaps process "
                            + pid
                            + ", may be using "
                            + folder,
                    e);
        }
    }

    private static void stop(ProcessHandle process) throws IOException {
        process.destroy();
        try {
            var _ = process.onExit().get(STOPPING_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            throw new IOException("process " + process.pid() + " does not stop", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while stopping process " + process.pid(), e);
        }
    }
}
