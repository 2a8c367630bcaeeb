package io.lockstep.client.bouncycastle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.client.mls.EngineThread;
import io.lockstep.client.mls.MlsEngine;
import io.lockstep.client.mls.MlsEngine.Saved;
import io.lockstep.client.mls.MlsException;
import io.lockstep.client.mls.MlsGroup;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.client.mls.MlsGroup.Processed;
import io.lockstep.client.mls.MlsGroup.StagedCommit;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A saved client continues in a new engine, whose classes are different ones.
class MlsSnapshotTest {
    private static final GroupId ROOM = new GroupId(utf8("room"));

    private final EngineThread others = BouncyCastleEngine.start("others", InstantSource.system());
    private EngineThread bobs = BouncyCastleEngine.start("bob's", InstantSource.system());

    @AfterEach
    void stop() {
        others.close();
        bobs.close();
    }

    private static Bytes utf8(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static <T> T on(EngineThread engine, Function<MlsEngine, T> task) {
        return Objects.requireNonNull(engine.call(task).block(Duration.ofSeconds(30)));
    }

    private static Processed processed(EngineThread engine, MlsGroup group, Bytes message) {
        return on(engine, _ -> group.process(message));
    }

    private Saved restart(Saved saved) {
        var bytes = on(bobs, mls -> mls.save(saved));
        bobs.close();
        bobs = BouncyCastleEngine.start("bob's next", InstantSource.system());
        return on(bobs, mls -> mls.restore(bytes));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aRestoredMemberTalksCommitsAndFollowsThroughManyEpochs(int suite) {
        var bob = on(bobs, mls -> mls.newIdentity(utf8("bob"), suite));
        var spare = on(bobs, _ -> bob.newKeyPackage());
        var keyPackage = on(bobs, _ -> bob.newKeyPackage());
        var alice = on(others, mls -> mls.newIdentity(utf8("alice"), suite).createGroup(ROOM));
        var welcome =
                on(
                        others,
                        mls -> {
                            var carol = mls.newIdentity(utf8("carol"), suite);
                            var add =
                                    alice.stage(
                                            Change.adding(
                                                    List.of(keyPackage, carol.newKeyPackage())));
                            alice.merge(add);
                            return add.welcome();
                        });
        MlsGroup joined = on(bobs, _ -> bob.join(welcome));
        var state = new Saved(bob, List.of(joined));
        for (int round = 0; round < 4; round++) {
            var late = on(others, _ -> alice.encrypt(utf8("late"), Bytes.EMPTY));
            state = restart(state);
            var group = state.groups().getFirst();
            // Bob sends a message.
            var hello = on(bobs, _ -> group.encrypt(utf8("hello"), Bytes.EMPTY));
            assertThat(processed(others, alice, hello))
                    .isInstanceOfSatisfying(
                            Processed.Application.class,
                            a -> assertThat(a.plaintext()).isEqualTo(utf8("hello")));
            // Bob commits. His state is saved before the commit is accepted.
            var commit = on(bobs, _ -> group.stage(Change.NONE).commit());
            processed(others, alice, commit);
            state = restart(state);
            var next = state.groups().getFirst();
            merge(next, on(bobs, _ -> next.staged(commit.sha256()).orElseThrow()));
            assertAgreed(alice, next);
            // A message of the previous epoch, sent before the save.
            assertThat(processed(bobs, next, late)).isInstanceOf(Processed.Application.class);
            // Bob applies another member's commit.
            var update =
                    on(
                            others,
                            _ -> {
                                var staged = alice.stage(Change.NONE);
                                alice.merge(staged);
                                return staged.commit();
                            });
            assertThat(processed(bobs, next, update)).isInstanceOf(Processed.EpochBegan.class);
            assertAgreed(alice, next);
        }
        // The unused KeyPackage is still valid.
        var last = restart(state);
        var elsewhere =
                on(
                        others,
                        mls -> {
                            var group =
                                    mls.newIdentity(utf8("dave"), suite)
                                            .createGroup(new GroupId(utf8("other room")));
                            return group.stage(Change.adding(List.of(spare))).welcome();
                        });
        long epoch = on(bobs, _ -> last.identity().join(elsewhere).epoch());
        assertThat(epoch).isEqualTo(1);
    }

    private void assertAgreed(MlsGroup alice, MlsGroup bob) {
        Bytes bobs = on(this.bobs, _ -> bob.epochAuthenticator());
        Bytes alices = on(others, _ -> alice.epochAuthenticator());
        assertThat(bobs).isEqualTo(alices);
    }

    @Test
    void aProposalReceivedBeforeTheSaveIsCoveredByACommitAfterIt() {
        var bob = on(bobs, mls -> mls.newIdentity(utf8("bob"), 1));
        var group = on(bobs, _ -> bob.createGroup(ROOM));
        var alice = on(others, mls -> mls.newIdentity(utf8("alice"), 1));
        var carol = on(others, mls -> mls.newIdentity(utf8("carol"), 1));
        var keyPackage = on(others, _ -> alice.newKeyPackage());
        var addAlice = on(bobs, _ -> group.stage(Change.adding(List.of(keyPackage))));
        merge(group, addAlice);
        MlsGroup alices = on(others, _ -> alice.join(addAlice.welcome()));
        var proposal = on(others, _ -> alices.proposeAdd(carol.newKeyPackage()));
        processed(bobs, group, proposal);
        var restored = restart(new Saved(bob, List.of(group))).groups().getFirst();
        var addCarol = on(bobs, _ -> restored.stage(Change.NONE));
        merge(restored, addCarol);
        MlsGroup carols = on(others, _ -> carol.join(addCarol.welcome()));
        assertAgreed(carols, restored);
    }

    private void merge(MlsGroup group, StagedCommit staged) {
        on(
                bobs,
                _ -> {
                    group.merge(staged);
                    return true;
                });
    }

    @Test
    void savedStateDoesNotGrowWithTheEpochs() {
        var bob = on(bobs, mls -> mls.newIdentity(utf8("bob"), 1));
        var group = on(bobs, _ -> bob.createGroup(ROOM));
        var other = on(others, mls -> mls.newIdentity(utf8("alice"), 1));
        var keyPackage = on(others, _ -> other.newKeyPackage());
        on(bobs, _ -> commit(group, Change.adding(List.of(keyPackage))));
        on(bobs, _ -> repeat(10, () -> commit(group, Change.NONE)));
        int early = on(bobs, mls -> mls.save(new Saved(bob, List.of(group)))).size();
        on(bobs, _ -> repeat(40, () -> commit(group, Change.NONE)));
        int late = on(bobs, mls -> mls.save(new Saved(bob, List.of(group)))).size();
        assertThat(late).isBetween(early / 2, early + 40 * 64 * 2);
    }

    private static boolean commit(MlsGroup group, Change change) {
        group.merge(group.stage(change));
        return true;
    }

    private static boolean repeat(int times, Runnable task) {
        for (int i = 0; i < times; i++) {
            task.run();
        }
        return true;
    }

    @Test
    void stateOfAnotherVersionIsRefusedInOneSentence() {
        var bob = on(bobs, mls -> mls.newIdentity(utf8("bob"), 1));
        var bytes = on(bobs, mls -> mls.save(new Saved(bob, List.of()))).toArray();
        bytes[3]++;
        assertThatThrownBy(() -> on(bobs, mls -> mls.restore(Bytes.wrap(bytes))))
                .isInstanceOf(MlsException.class)
                .hasMessageContaining("another version");
    }

    @Test
    void damagedStateIsRefusedInOneSentence() {
        var bob = on(bobs, mls -> mls.newIdentity(utf8("bob"), 1));
        var bytes = on(bobs, mls -> mls.save(new Saved(bob, List.of()))).toArray();
        var torn = Bytes.wrap(Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> on(bobs, mls -> mls.restore(torn)))
                .isInstanceOf(MlsException.class);
    }
}
