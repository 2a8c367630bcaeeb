package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// The server and the honest clients that an attack needs.
///
/// @param start how the server is started
/// @param tls whether it uses TLS
/// @param tokens the token of `user/device`
/// @param redis URI of the store; empty: the one that the server announces
/// @param resources closed after the attack
record AttackSetup(
        TargetServer.Start start,
        boolean tls,
        UnaryOperator<String> tokens,
        String redis,
        AutoCloseable resources) {

    /// A development server with the command's options.
    static AttackSetup of(TargetServer.Start start) {
        return new AttackSetup(start, false, client -> "dev:" + client, "", () -> {});
    }

    AttackSetup with(List<String> arguments) {
        var all = new ArrayList<>(start.arguments());
        all.addAll(arguments);
        return new AttackSetup(
                new TargetServer.Start(
                        start.launcher(), start.javaOptions(), all, start.openFilesMax()),
                tls,
                tokens,
                redis,
                resources);
    }

    AttackSetup withOpenFiles(int max) {
        return new AttackSetup(
                new TargetServer.Start(
                        start.launcher(), start.javaOptions(), start.arguments(), max),
                tls,
                tokens,
                redis,
                resources);
    }

    AttackSetup withTls() {
        return new AttackSetup(start, true, tokens, redis, resources);
    }
}
