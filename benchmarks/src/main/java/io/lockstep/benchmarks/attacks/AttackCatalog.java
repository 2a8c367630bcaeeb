package io.lockstep.benchmarks.attacks;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/// All attacks there are, by name.
final class AttackCatalog {
    private AttackCatalog() {}

    /// An attack without preparation and with the server as it is.
    record Simple(String name, String what, AttackBody body) implements Attack {
        @Override
        public void run(AttackContext scene) throws IOException {
            body.run(scene);
        }
    }

    /// An attack that needs something to be there first.
    record Prepared(String name, String what, AttackBody preparation, AttackBody body)
            implements Attack {
        @Override
        public void prepare(AttackContext scene) throws IOException {
            preparation.run(scene);
        }

        @Override
        public void run(AttackContext scene) throws IOException {
            body.run(scene);
        }
    }

    /// What is done on a scene.
    interface AttackBody {
        void run(AttackContext scene) throws IOException;
    }

    static List<Attack> all() {
        return Stream.of(
                        UnauthenticatedAttacks.all(),
                        SlowAttacks.all(),
                        FloodAttacks.all(),
                        DirectoryAttacks.all(),
                        GroupAttacks.all(),
                        StoreFaults.all())
                .flatMap(List::stream)
                .toList();
    }

    /// @param names none: all
    static List<Attack> named(List<String> names) {
        if (names.isEmpty()) {
            return all();
        }
        return names.stream()
                .map(name ->
                        all().stream()
                                .filter(attack -> attack.name().equals(name))
                                .findFirst()
                                .orElseThrow(() ->
                                        new IllegalArgumentException(
                                                "no attack " + name + ": see --list")))
                .toList();
    }
}
