package io.lockstep.e2e;

import static com.tngtech.archunit.core.domain.JavaModifier.STATIC;
import static com.tngtech.archunit.lang.conditions.ArchConditions.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.lockstep.wire.Code;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/// Tests the rules of docs/ARCHITECTURE.md: which modules may use which, and what no class does.
class ArchitectureTest {
    private static final String ROOT = "io.lockstep.";

    /// Each module with the modules that it may use besides itself.
    private static final Map<String, Set<String>> MAY_USE =
            Map.ofEntries(
                    Map.entry("wire", Set.of()),
                    Map.entry("crypto", Set.of("wire")),
                    Map.entry("runtime", Set.of("wire")),
                    Map.entry("log", Set.of("wire", "runtime")),
                    Map.entry("ordering", Set.of("wire", "runtime", "log")),
                    Map.entry("fanout", Set.of("wire", "runtime", "log")),
                    Map.entry("auth", Set.of("wire")),
                    Map.entry("directory", Set.of("wire", "crypto", "runtime", "log", "auth")),
                    Map.entry("redis", Set.of("wire", "runtime", "log", "auth", "directory")),
                    Map.entry(
                            "gateway",
                            Set.of(
                                    "wire",
                                    "crypto",
                                    "runtime",
                                    "log",
                                    "ordering",
                                    "fanout",
                                    "auth",
                                    "directory")),
                    Map.entry(
                            "server",
                            Set.of(
                                    "wire",
                                    "runtime",
                                    "log",
                                    "ordering",
                                    "fanout",
                                    "auth",
                                    "directory",
                                    "redis",
                                    "gateway")),
                    Map.entry("client", Set.of("wire")),
                    Map.entry("cli", Set.of("wire", "client")),
                    Map.entry("bench", Set.of("wire", "client", "cli")));

    /// Classes that may block: code that runs once, on the thread that starts the server.
    private static final Set<String> MAY_BLOCK =
            Set.of(
                    "io.lockstep.redis.DeploymentGuard",
                    "io.lockstep.redis.StoreClockCheck",
                    "io.lockstep.redis.directory.RedisInboxStore",
                    "io.lockstep.redis.directory.RedisKeyPackageStore",
                    "io.lockstep.redis.auth.RedisRevocationStore");

    /// The Redis keys of one group, as the Redis client takes them: never compared, never passed
    /// on.
    private static final String MAY_HOLD_ARRAYS = "io.lockstep.redis.log.GroupRedisKeys";

    /// Classes that may read the wall clock: its time is stored, shown, or compared with times that
    /// others stored or signed.
    private static final Set<String> MAY_READ_WALL_CLOCK =
            Set.of(
                    // Times in tokens and credentials.
                    "io.lockstep.auth.JwtAuthenticator",
                    "io.lockstep.gateway.session.ClientSession",
                    "io.lockstep.client.bouncycastle.isolated.BcIdentity",
                    // Lifetimes of KeyPackages, times of revocations.
                    "io.lockstep.directory.CheckedDirectory",
                    "io.lockstep.directory.DeviceService",
                    // Expiry in the memory stores.
                    "io.lockstep.directory.memory.MemoryInboxStore",
                    "io.lockstep.directory.memory.MemoryKeyPackageStore",
                    "io.lockstep.log.memory.MemoryBlobStore",
                    "io.lockstep.log.memory.MemoryGroup",
                    "io.lockstep.log.memory.MemoryQuotaStore",
                    // When an entry was accepted, and which entries are old enough to be trimmed.
                    "io.lockstep.ordering.actor.GroupActor",
                    "io.lockstep.redis.log.RedisGroupLog",
                    // Compares it with the store's clock.
                    "io.lockstep.redis.StoreClockCheck",
                    // How long ago the troubles of a group were, by stored times.
                    "io.lockstep.server.groups.GroupDescriptions",
                    // When a certificate expires.
                    "io.lockstep.server.ReloadingSslContext",
                    // Output of the commands and the load generator.
                    "io.lockstep.cli.LocalDevice",
                    "io.lockstep.bench.SelfSignedCertificate",
                    "io.lockstep.bench.MemoryMonitor");

    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ArchitectureTest::isProduction)
                    .importPackages("io.lockstep");

    /// The modules that only clients run.
    private static final Set<String> OF_CLIENTS =
            Set.of("client", "cli", "bench", "benchmarks", "e2e");

    private static boolean isProduction(Location location) {
        return !location.contains("test-classes/") && !location.contains("-tests.jar");
    }

    private static String moduleOf(JavaClass type) {
        var rest = type.getPackageName().substring(ROOT.length());
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    @Test
    void everyModuleIsAnalyzed() {
        var seen =
                CLASSES.stream()
                        .map(ArchitectureTest::moduleOf)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(seen).containsExactlyInAnyOrderElementsOf(MAY_USE.keySet());
    }

    @Test
    void aModuleUsesOnlyWhatItMay() {
        classes()
                .should(
                        new ArchCondition<>("use only the modules that their module may use") {
                            @Override
                            public void check(JavaClass type, ConditionEvents events) {
                                var module = moduleOf(type);
                                var allowed = MAY_USE.getOrDefault(module, Set.of());
                                for (var dependency : type.getDirectDependenciesFromSelf()) {
                                    var target = dependency.getTargetClass();
                                    if (target.getPackageName().startsWith(ROOT)) {
                                        var used = moduleOf(target);
                                        if (!used.equals(module) && !allowed.contains(used)) {
                                            events.add(
                                                    SimpleConditionEvent.violated(
                                                            type, dependency.getDescription()));
                                        }
                                    }
                                }
                            }
                        })
                .check(CLASSES);
    }

    /// Each package is a slice, also within a module: a package may use packages below it only.
    @Test
    void packagesFormNoCycles() {
        slices().matching("io.lockstep.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /// Decision code is a pure function: it uses no store, clock, thread or buffer.
    @Test
    void decisionsUseNoStoreClockOrThread() {
        noClasses()
                .that()
                .resideInAPackage("..ordering.state..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "reactor..",
                        "io.netty..",
                        "io.micrometer..",
                        "org.slf4j..",
                        "java.util.concurrent..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching(
                        "java\\.time\\.(Clock|InstantSource)|io\\.lockstep\\.log\\.GroupLog")
                .check(CLASSES);
    }

    @Test
    void bytesAndValuesDoNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAPackage("io.lockstep.wire..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "reactor..", "io.netty.channel..", "java.net..", "java.nio.file..")
                .check(CLASSES);
    }

    @Test
    void onlyTheRedisModuleUsesTheRedisClient() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.lockstep.redis..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.lettuce..")
                .check(CLASSES);
    }

    /// Whoever makes a call of the client library must see to it that the call ends: `LockstepClient`
    /// by its time limit, `EngineThread` when it is closed. Nobody else makes one.
    @Test
    void onlyCallsThatEndAreMadeByTheClientLibrary() {
        classes()
                .that()
                .resideInAPackage("io.lockstep.client..")
                .should(
                        not(
                                call(
                                        "make a Mono that nothing ends",
                                        ArchitectureTest::makesOpenEndedCall,
                                        ArchitectureTest::endsItsCalls)))
                .check(CLASSES);
    }

    private static boolean endsItsCalls(JavaClass type) {
        return type.getName().equals("io.lockstep.client.LockstepClient")
                || type.getName().equals("io.lockstep.client.mls.EngineThread");
    }

    private static boolean makesOpenEndedCall(JavaCodeUnitAccess<?> call) {
        var owner = call.getTargetOwner().getName();
        var name = call.getName();
        return (owner.equals("reactor.core.publisher.Mono")
                        && (name.equals("create") || name.equals("never")))
                || (owner.equals("reactor.core.publisher.Sinks")
                        && (name.equals("one") || name.equals("empty")));
    }

    /// Otherwise commands would have no limit of requests in flight, no time limit, and unmapped
    /// failures, and writes would go to an unverified store. `RedisProbe` is exempt: it checks the
    /// Redis that this process started, before any connection exists.
    @Test
    void everyRedisCommandUsesARedisConnection() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("io.lockstep.redis.PipelinedConnection")
                .and()
                .doNotHaveFullyQualifiedName("io.lockstep.redis.RedisConnections")
                .and()
                .doNotHaveFullyQualifiedName("io.lockstep.redis.RedisProbe")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.lettuce.core.api.StatefulRedisConnection")
                .check(CLASSES);
    }

    @Test
    void noClassBlocksOrSleeps() {
        classes()
                .that()
                .resideOutsideOfPackages(
                        "io.lockstep.client..", "io.lockstep.cli..", "io.lockstep.bench..")
                .should(
                        not(
                                call(
                                        "wait for an answer, or sleep",
                                        ArchitectureTest::waits,
                                        ArchitectureTest::mayBlock)))
                .check(CLASSES);
    }

    /// That a class has a call of a kind; a class that may have it has none as far as this goes.
    private static ArchCondition<JavaClass> call(
            String description,
            Predicate<JavaCodeUnitAccess<?>> isOfKind,
            Predicate<JavaClass> mayHaveIt) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (mayHaveIt.test(type)) {
                    return;
                }
                type.getCodeUnitAccessesFromSelf().stream()
                        .filter(isOfKind)
                        .forEach(call ->
                                events.add(
                                        SimpleConditionEvent.satisfied(
                                                type, call.getDescription())));
            }
        };
    }

    private static boolean mayBlock(JavaClass type) {
        return MAY_BLOCK.contains(type.getName());
    }

    private static boolean waits(JavaCodeUnitAccess<?> call) {
        var owner = call.getTargetOwner().getName();
        var name = call.getName();
        return switch (owner) {
            case "reactor.core.publisher.Mono", "reactor.core.publisher.Flux" ->
                    name.startsWith("block")
                            || name.equals("toIterable")
                            || name.equals("toStream");
            case "java.lang.Thread" -> name.equals("sleep");
            default -> false;
        };
    }

    /// Executors and Reactor silently stop a repeated task at its first exception. One exception in
    /// a heartbeat stopped all heartbeats of an event loop, and tokens expired unnoticed.
    @Test
    void repeatedTasksUseTheFaultBarrier() {
        classes()
                .that()
                .resideOutsideOfPackages(
                        "io.lockstep.client..", "io.lockstep.cli..", "io.lockstep.bench..")
                .and()
                .doNotHaveFullyQualifiedName("io.lockstep.runtime.FaultBarrier")
                .should(not(call("repeat a task by itself", ArchitectureTest::repeats, _ -> false)))
                .check(CLASSES);
    }

    private static boolean repeats(JavaCodeUnitAccess<?> call) {
        return switch (call.getName()) {
            case "scheduleAtFixedRate", "scheduleWithFixedDelay", "schedulePeriodically" -> true;
            case "interval" ->
                    call.getTargetOwner().getName().equals("reactor.core.publisher.Flux");
            default -> false;
        };
    }

    /// Deadlines, pauses and rates use a monotonic clock. The wall clock can be set back; when it
    /// was, no submission was answered.
    @Test
    void onlyClassesThatStoreOrShowTimeReadTheWallClock() {
        classes()
                .should(
                        not(
                                call(
                                        "read the wall clock",
                                        ArchitectureTest::readsWallClock,
                                        ArchitectureTest::storesOrShowsTime)))
                .check(CLASSES);
    }

    private static boolean storesOrShowsTime(JavaClass type) {
        var name = type.getName();
        int nested = name.indexOf('$');
        return MAY_READ_WALL_CLOCK.contains(nested < 0 ? name : name.substring(0, nested));
    }

    private static boolean readsWallClock(JavaCodeUnitAccess<?> call) {
        var owner = call.getTargetOwner().getName();
        var name = call.getName();
        return switch (owner) {
            case "java.time.InstantSource", "java.time.Clock" ->
                    name.equals("instant") || name.equals("millis");
            case "java.time.Instant" -> name.equals("now");
            case "java.lang.System" -> name.equals("currentTimeMillis");
            default -> false;
        };
    }

    /// A code that is never sent misleads authors of clients: they would handle what never arrives.
    /// Only the server sends codes; a client that handles one does not send it.
    @Test
    void everyCodeOfTheRegistryIsSent() {
        var used = new TreeSet<String>();
        for (var type : CLASSES) {
            if (!type.isEquivalentTo(Code.class) && !OF_CLIENTS.contains(moduleOf(type))) {
                type.getFieldAccessesFromSelf().stream()
                        .filter(access -> access.getTargetOwner().isEquivalentTo(Code.class))
                        .forEach(access -> used.add(access.getName()));
            }
        }
        assertThat(Arrays.stream(Code.values()).map(Code::name)).allMatch(used::contains);
    }

    @Test
    void everyPackageIsNullMarked() {
        var packages = new TreeSet<String>();
        var marked = new TreeSet<String>();
        for (var type : CLASSES) {
            // Classes that protoc generates are exempt.
            if (!type.getPackageName().endsWith(".proto")
                    && !type.getPackageName().contains(".storage")) {
                packages.add(type.getPackageName());
                if (type.getSimpleName().equals("package-info")
                        && type.isAnnotatedWith(NullMarked.class)) {
                    marked.add(type.getPackageName());
                }
            }
        }
        assertThat(marked).isEqualTo(packages);
    }

    @Test
    void noPackageIsAGrabBag() {
        noClasses()
                .should()
                .resideInAnyPackage(
                        "..util..", "..utils..", "..common..", "..core..", "..helper..", "..misc..")
                .check(CLASSES);
    }

    @Test
    void recordsHoldNoArrays() {
        classes()
                .that()
                .areRecords()
                .and()
                .doNotHaveFullyQualifiedName(MAY_HOLD_ARRAYS)
                .should(
                        new ArchCondition<>("hold no arrays") {
                            @Override
                            public void check(JavaClass type, ConditionEvents events) {
                                type.getFields().stream()
                                        .filter(field -> !field.getModifiers().contains(STATIC))
                                        .filter(field -> field.getRawType().isArray())
                                        .forEach(field ->
                                                events.add(
                                                        SimpleConditionEvent.violated(
                                                                type,
                                                                field.getFullName()
                                                                        + " is an array")));
                            }
                        })
                .check(CLASSES);
    }
}
