package io.lockstep.benchmarks.attacks;

import io.lockstep.benchmarks.raw.TargetServer;
import java.io.IOException;

/// An attack on a server under test, selected by its name. `AttackRun` measures honest clients
/// meanwhile.
interface Attack {
    /// By which the command knows it.
    String name();

    /// What it does, in one line.
    String what();

    /// What it needs of the server and of the honest clients.
    default AttackSetup setting(TargetServer.Start start) throws IOException {
        return AttackSetup.of(start);
    }

    /// What has to be there first, unmeasured.
    default void prepare(AttackContext scene) throws IOException {}

    /// The attack, up to the scene's deadline at most. What goes wrong for the attacker is no fault.
    void run(AttackContext scene) throws IOException;
}
