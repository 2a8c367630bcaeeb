package io.lockstep.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Passes each connection to the server that is set when it is opened, like a load balancer.
final class SwitchableProxy implements AutoCloseable {
    private final ServerSocket listening;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile URI target;

    private SwitchableProxy(ServerSocket listening, URI target) {
        this.listening = listening;
        this.target = target;
    }

    /// @param target where new connections go
    static SwitchableProxy start(URI target) throws IOException {
        var listening = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        var proxy = new SwitchableProxy(listening, target);
        Thread.ofVirtual().start(proxy::accept);
        return proxy;
    }

    void switchTo(URI next) {
        target = next;
    }

    /// The address of the proxy in the form of the target's.
    URI uri(String scheme, String path) {
        return URI.create(scheme + "://127.0.0.1:" + listening.getLocalPort() + path);
    }

    private void accept() {
        try {
            while (true) {
                var client = listening.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException _) {
            // Closed.
        }
    }

    private void connect(Socket client) {
        try (client;
                var server = new Socket()) {
            server.connect(new InetSocketAddress(target.getHost(), target.getPort()));
            open.add(server);
            var back =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    copy(server.getInputStream(), client.getOutputStream());
                                    client.shutdownOutput();
                                } catch (IOException _) {
                                    // One side is gone.
                                }
                            });
            copy(client.getInputStream(), server.getOutputStream());
            server.shutdownOutput();
            back.join();
        } catch (IOException | InterruptedException _) {
            // One side is gone: the other is closed.
        }
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        var buffer = new byte[64 << 10];
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            to.write(buffer, 0, read);
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (var socket : open) {
            socket.close();
        }
    }
}
