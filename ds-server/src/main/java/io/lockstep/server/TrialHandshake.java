package io.lockstep.server;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.ReferenceCountUtil;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/// One TLS handshake in memory between a server's context and a client that trusts any certificate.
/// An engine may accept a certificate with which it cannot complete a handshake: BoringSSL accepts
/// Ed25519 keys, then sends an alert to each client.
final class TrialHandshake {
    private static final int BUFFER_BYTES = 1 << 17;
    private static final int ROUNDS_MAX = 100;

    private TrialHandshake() {}

    /// @return the certificate that the client received
    /// @throws SSLException if the handshake fails
    static X509Certificate run(SslContext server) throws SSLException {
        var client =
                SslContextBuilder.forClient()
                        .sslProvider(SslProvider.JDK)
                        .trustManager(InsecureTrustManagerFactory.INSTANCE)
                        .endpointIdentificationAlgorithm(null)
                        .build();
        var serverEngine = server.newEngine(UnpooledByteBufAllocator.DEFAULT);
        var clientEngine = client.newEngine(UnpooledByteBufAllocator.DEFAULT);
        try {
            shakeHands(clientEngine, serverEngine);
            return (X509Certificate) clientEngine.getSession().getPeerCertificates()[0];
        } finally {
            ReferenceCountUtil.release(serverEngine);
        }
    }

    private static void shakeHands(SSLEngine client, SSLEngine server) throws SSLException {
        var toServer = ByteBuffer.allocate(BUFFER_BYTES);
        var toClient = ByteBuffer.allocate(BUFFER_BYTES);
        client.beginHandshake();
        server.beginHandshake();
        for (int round = 0; round < ROUNDS_MAX; round++) {
            step(client, toClient, toServer);
            step(server, toServer, toClient);
            if (client.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING
                    && server.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
                return;
            }
        }
        throw new SSLException("the handshake does not end");
    }

    private static void step(SSLEngine engine, ByteBuffer in, ByteBuffer out) throws SSLException {
        var plain = ByteBuffer.allocate(BUFFER_BYTES);
        SSLEngineResult result;
        do {
            runTasks(engine);
            result = engine.wrap(ByteBuffer.allocate(0), out);
        } while (result.bytesProduced() > 0);
        in.flip();
        do {
            result = engine.unwrap(in, plain);
            runTasks(engine);
        } while (result.bytesConsumed() > 0 && in.hasRemaining());
        in.compact();
    }

    private static void runTasks(SSLEngine engine) {
        for (var task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }
}
