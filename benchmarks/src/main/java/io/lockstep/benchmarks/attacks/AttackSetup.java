package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// What an attack needs of the server and of the honest clients.
///
/// @param start how the server is started
/// @param tls whether it speaks TLS
/// @param tokens the token of `user/device`
/// @param redis URI of the store; empty: as the server announces
/// @param beside what ends with it
record AttackSetup(
        TargetServer.Start start,
        boolean tls,
        UnaryOperator<String> tokens,
        String redis,
        AutoCloseable beside) {

    /// A development server as the command says.
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
                beside);
    }

    AttackSetup withOpenFiles(int max) {
        return new AttackSetup(
                new TargetServer.Start(
                        start.launcher(), start.javaOptions(), start.arguments(), max),
                tls,
                tokens,
                redis,
                beside);
    }

    AttackSetup withTls() {
        return new AttackSetup(start, true, tokens, redis, beside);
    }
}
