package io.lockstep.redis;

import io.lockstep.redis.RedisServerCheck.AofState;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Redis process that this process starts for its own use. It listens on loopback with a
/// password, keeps its data in a folder, and is durable up to the last acknowledged write.
///
/// It accepts clients only after it has rewritten its append-only file. The file that it loaded may
/// end inside a transaction, and Redis loses at the next start what is appended behind that.
///
/// It ends with this process, however that ends: its parent is a shell whose standard input is a
/// pipe from here. When the pipe closes, the shell stops Redis. If the shell was killed, the next
/// start on the same folder finds Redis by its pid file and stops it. A file lock ensures that one
/// process at a time uses the folder.
///
/// Threads: *thread-safe*. Every method may block.
public final class EmbeddedRedis implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedRedis.class);
    private static final int ATTEMPTS = 5;
    private static final int POLL_MILLIS = 20;
    private static final int LOADING_SECONDS_MAX = 120;
    private static final int STOPPING_SECONDS_MAX = 10;

    /// Starts "$@", stops it when standard input ends or on a signal, and exits with its status.
    private static final String WATCHDOG =
            """
            exec 3<&0
            "$@" </dev/null 3<&- &
            child=$!
            ( while read -r _ <&3; do :; done; kill -TERM $child ) 2>/dev/null &
            watch=$!
            trap 'kill -TERM $child 2>/dev/null' TERM INT HUP
            wait $child; code=$?
            while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
            kill $watch 2>/dev/null
            exit $code
            """;

    private final Path folder;
    private final RedisBinary binary;
    private final FileChannel lock;
    private final Process process;
    private final int port;
    private final String password;

    private EmbeddedRedis(
            Path folder,
            RedisBinary binary,
            FileChannel lock,
            Process process,
            int port,
            String password) {
        this.folder = folder;
        this.binary = binary;
        this.lock = lock;
        this.process = process;
        this.port = port;
        this.password = password;
    }

    /// Starts Redis and waits until it accepts clients.
    ///
    /// @param dataFolder created if it does not exist; contains the append-only file, the log and
    ///     the pid file
    /// @param port 0 for any free port
    /// @throws IOException when Redis does not start, or another process uses the folder
    public static EmbeddedRedis start(Path dataFolder, int port) throws IOException {
        var folder = Files.createDirectories(dataFolder).toRealPath();
        return start(folder, port, RedisBinary.find(folder));
    }

    static EmbeddedRedis start(Path folder, int port, RedisBinary binary) throws IOException {
        var lock = lock(folder);
        try {
            OrphanedRedis.stop(folder);
            var password = RedisPassword.ofOrNew(folder);
            var config = RedisPassword.config(folder, password);
            for (int attempt = 1; ; attempt++) {
                int chosen = port == 0 ? freePort() : port;
                OrphanedRedis.remember(folder, chosen);
                var process = launch(folder, binary, config, chosen);
                if (awaitServing(process, chosen, password)) {
                    return new EmbeddedRedis(folder, binary, lock, process, chosen, password);
                }
                // Another process may have taken the port since it was chosen.
                if (port != 0 || attempt == ATTEMPTS) {
                    throw new IOException(
                            "Redis did not start on port " + chosen + ", see " + logFile(folder));
                }
            }
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static FileChannel lock(Path folder) throws IOException {
        var channel =
                FileChannel.open(
                        folder.resolve("redis.lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            LOG.debug("this process uses the data folder already", e);
        }
        channel.close();
        throw new IOException("another process uses the data folder " + folder);
    }

    private static Process launch(Path folder, RedisBinary binary, Path config, int port)
            throws IOException {
        var command = new ArrayList<>(List.of("sh", "-c", WATCHDOG, "lockstep-redis"));
        command.add(binary.path().toString());
        // The password must not appear in the process list, so a file contains it.
        command.add(config.toString());
        command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
        command.addAll(List.of("--protected-mode", "yes"));
        command.addAll(List.of("--dir", folder.toString()));
        command.addAll(List.of("--pidfile", OrphanedRedis.pidFile(folder).toString()));
        command.addAll(List.of("--appendonly", "yes", "--appendfsync", "always"));
        command.addAll(List.of("--no-appendfsync-on-rewrite", "no"));
        command.addAll(List.of("--save", "", "--maxmemory-policy", "noeviction"));
        command.addAll(List.of("--daemonize", "no", "--timeout", "0"));
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile(folder).toFile()))
                .start();
    }

    /// @return false when the process ended
    private static boolean awaitServing(Process process, int port, String password)
            throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LOADING_SECONDS_MAX);
        boolean rewriting = false;
        try {
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (!rewriting) {
                    rewriting = answers(port, password, "BGREWRITEAOF");
                } else if (isRewritten(port, password)) {
                    return true;
                }
                if (System.nanoTime() > deadline) {
                    process.destroy();
                    throw new IOException("Redis did not load its data in time");
                }
            }
            return false;
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while Redis was starting", e);
        }
    }

    /// True once Redis listens and has loaded its data.
    private static boolean answers(int port, String password, String command) {
        try {
            return !RedisProbe.ask(port, password, command).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isRewritten(int port, String password) throws IOException {
        var info = new HashMap<String, String>();
        RedisProbe.ask(port, password, "INFO", "persistence")
                .forEach(text -> info.putAll(RedisServerCheck.lines(text)));
        if ("err".equals(info.get("aof_last_bgrewrite_status"))) {
            throw new IOException("Redis cannot rewrite its append-only file: is the disk full?");
        }
        return RedisServerCheck.aofState(info, Map.of(), Set.of()) == AofState.WHOLE;
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Path logFile(Path folder) {
        return folder.resolve("redis.log");
    }

    public int port() {
        return port;
    }

    /// The URI, with the password.
    public String uri() {
        return "redis://:" + password + "@127.0.0.1:" + port;
    }

    public String password() {
        return password;
    }

    /// The program and its data folder, for people.
    public String description() {
        return binary.name() + " (" + binary.path() + "), data in " + folder;
    }

    /// The Redis process itself, not the shell.
    public ProcessHandle redis() throws IOException {
        return OrphanedRedis.recorded(folder)
                .orElseThrow(() -> new IOException("Redis left no pid file in " + folder));
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Stops Redis with SHUTDOWN and waits for its end. The data stays.
    @Override
    public void close() {
        var redis = redisOrNull();
        try {
            process.getOutputStream().close();
            if (!process.waitFor(STOPPING_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("Redis does not stop; killing it");
                if (redis != null) {
                    redis.destroyForcibly();
                }
                process.destroyForcibly();
            }
            lock.close();
        } catch (IOException e) {
            LOG.warn("stopping Redis: {}", e.toString());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable ProcessHandle redisOrNull() {
        try {
            return OrphanedRedis.recorded(folder).orElse(null);
        } catch (IOException e) {
            return null;
        }
    }
}
