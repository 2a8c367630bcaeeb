package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;

/// An attack on a server under test, selected by its name. `AttackRun` measures honest clients
/// meanwhile.
interface Attack {
    /// The name on the command line.
    String name();

    /// A description in one line.
    String what();

    /// The server and the honest clients that it needs.
    default AttackSetup setting(TargetServer.Start start) throws IOException {
        return AttackSetup.of(start);
    }

    /// Prepares the attack; not measured.
    default void prepare(AttackContext context) throws IOException {}

    /// Runs the attack, at most until the context's deadline. A failure of the attacker is not a
    /// fault of the server.
    void run(AttackContext context) throws IOException;
}
