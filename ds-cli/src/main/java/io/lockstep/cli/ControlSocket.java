package io.lockstep.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Optional;
import java.util.function.Consumer;

/// The socket by which a command hands its request to the process that holds the state folder. It
/// is in the folder, so only the folder's owner can reach it. Each connection carries one request,
/// a line of JSON. The answer is lines `out …`, then `done` or `failed …`.
final class ControlSocket implements AutoCloseable {
    /// Longest path of a socket that every platform accepts.
    private static final int PATH_BYTES_MAX = 100;

    private static final String OUT = "out ";
    private static final String DONE = "done";
    private static final String FAILED = "failed ";

    private final ServerSocketChannel server;
    private final StateFolder folder;
    private final LocalDevice device;

    private ControlSocket(ServerSocketChannel server, StateFolder folder, LocalDevice device) {
        this.server = server;
        this.folder = folder;
        this.device = device;
    }

    /// Serves requests until closed. The caller must hold the folder's lock.
    static ControlSocket serve(StateFolder folder, LocalDevice device) {
        var path = folder.socket();
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > PATH_BYTES_MAX) {
            throw new CommandFailure(
                    "the path of the state folder is too long for a socket: choose a shorter"
                            + " --state");
        }
        try {
            // The socket file is left by a killed process: this process holds the lock.
            Files.deleteIfExists(path);
            var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(path));
            var handOver = new ControlSocket(server, folder, device);
            Thread.ofPlatform().daemon().name("hand-over").start(handOver::accept);
            return handOver;
        } catch (IOException e) {
            throw new CommandFailure("the socket " + path + " cannot be opened: " + e.getMessage());
        }
    }

    private void accept() {
        while (true) {
            try {
                var caller = server.accept();
                Thread.ofVirtual().start(() -> answer(caller));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // That caller is gone; serve the next one.
                PollDelay.of(java.time.Duration.ofMillis(10));
            }
        }
    }

    private void answer(SocketChannel caller) {
        try (caller) {
            var in =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(caller), StandardCharsets.UTF_8));
            var stream = Channels.newOutputStream(caller);
            var line = in.readLine();
            if (line != null) {
                answer(DeviceRequest.ofJson(line), stream);
            }
        } catch (IOException e) {
            // The caller did not wait for the answer.
        }
    }

    private void answer(DeviceRequest request, OutputStream stream) throws IOException {
        try {
            new DeviceActions(device, text -> write(stream, OUT + text)).perform(request);
            write(stream, DONE);
        } catch (RuntimeException e) {
            write(stream, FAILED + CommandFailure.of(e).getMessage());
        }
        stream.flush();
    }

    private static void write(OutputStream stream, String line) {
        try {
            stream.write((History.printable(line) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new CommandFailure("the caller is gone");
        }
    }

    /// Hands a request to the process that serves the folder.
    ///
    /// @return false when no process serves it
    static boolean ask(StateFolder folder, DeviceRequest request, Consumer<String> out) {
        SocketChannel channel;
        try {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.socket()));
        } catch (IOException e) {
            return false;
        }
        try (channel) {
            Channels.newOutputStream(channel)
                    .write((request.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
            var in =
                    new BufferedReader(
                            new InputStreamReader(
                                    Channels.newInputStream(channel), StandardCharsets.UTF_8));
            return relay(in, out);
        } catch (IOException e) {
            throw unknownOutcome();
        }
    }

    private static boolean relay(BufferedReader in, Consumer<String> out) throws IOException {
        while (true) {
            var line =
                    Optional.ofNullable(in.readLine()).orElseThrow(ControlSocket::unknownOutcome);
            if (line.startsWith(OUT)) {
                out.accept(line.substring(OUT.length()));
            } else if (line.startsWith(FAILED)) {
                throw new CommandFailure(line.substring(FAILED.length()));
            } else {
                return true;
            }
        }
    }

    private static CommandFailure unknownOutcome() {
        return new CommandFailure(
                "the process that holds the state folder ended meanwhile; the outcome is not"
                        + " known");
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(folder.socket());
        } catch (IOException e) {
            // The next process that holds the folder removes it.
        }
    }
}
