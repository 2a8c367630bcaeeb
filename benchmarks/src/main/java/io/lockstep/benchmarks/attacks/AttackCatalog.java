package io.lockstep.benchmarks.attacks;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/// All attacks by name.
final class AttackCatalog {
    private AttackCatalog() {}

    /// An attack without preparation, on a server with default options.
    record Simple(String name, String what, AttackBody body) implements Attack {
        @Override
        public void run(AttackContext context) throws IOException {
            body.run(context);
        }
    }

    /// An attack with a preparation.
    record Prepared(String name, String what, AttackBody preparation, AttackBody body)
            implements Attack {
        @Override
        public void prepare(AttackContext context) throws IOException {
            preparation.run(context);
        }

        @Override
        public void run(AttackContext context) throws IOException {
            body.run(context);
        }
    }

    /// The action of an attack.
    interface AttackBody {
        void run(AttackContext context) throws IOException;
    }

    static List<Attack> all() {
        return Stream.of(
                        UnauthenticatedAttacks.all(),
                        SlowAttacks.all(),
                        FloodAttacks.all(),
                        DirectoryAttacks.all(),
                        GroupAttacks.all(),
                        QuotaAttacks.all(),
                        StoreFaults.all())
                .flatMap(List::stream)
                .toList();
    }

    /// @param names empty for all
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
