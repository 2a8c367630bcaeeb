package io.lockstep.client.member;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.mls.MlsGroup.Processed.EpochBegan;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.proto.RosterChange;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DeclaredRosterTest {
    private static final List<Bytes> TWO = leaves("alice/phone", "bob/phone");
    private static final List<Bytes> THREE = leaves("alice/phone", "bob/phone", "carol/phone");

    private static List<Bytes> leaves(String... names) {
        return List.of(names).stream().map(MemberDevice::identityOf).toList();
    }

    private static Optional<String> difference(
            List<String> add,
            List<String> remove,
            List<Bytes> before,
            List<Bytes> after,
            List<Bytes> added,
            List<Bytes> removed) {
        return DeclaredRoster.difference(
                RosterChange.newBuilder().addAllAdd(add).addAllRemove(remove).build(),
                new EpochBegan(2, before.getFirst(), added, removed),
                before,
                after);
    }

    @Test
    void whatTheCommitDoesIsNoDifference() {
        var carol = leaves("carol/phone");
        assertThat(difference(List.of("carol/phone"), List.of(), TWO, THREE, carol, List.of()))
                .isEmpty();
        assertThat(difference(List.of(), List.of("carol/phone"), THREE, TWO, List.of(), carol))
                .isEmpty();
        assertThat(difference(List.of(), List.of(), TWO, TWO, List.of(), List.of())).isEmpty();
    }

    // PROTOCOL R-ROSTER-12
    @Test
    void anEvictedMemberAndAStrangerAreDifferences() {
        assertThat(difference(List.of(), List.of("alice/phone"), TWO, TWO, List.of(), List.of()))
                .isPresent();
        assertThat(difference(List.of("eve/laptop"), List.of(), TWO, TWO, List.of(), List.of()))
                .isPresent();
    }

    // PROTOCOL R-ROSTER-12
    @Test
    void whatIsNotDeclaredIsADifference() {
        var carol = leaves("carol/phone");
        assertThat(difference(List.of(), List.of(), TWO, THREE, carol, List.of())).isPresent();
        assertThat(difference(List.of(), List.of(), THREE, TWO, List.of(), carol)).isPresent();
        // A member gives its leaf the name of another client.
        var mallory = leaves("alice/phone", "mallory/phone");
        assertThat(
                        difference(
                                List.of(),
                                List.of(),
                                TWO,
                                mallory,
                                leaves("mallory/phone"),
                                leaves("bob/phone")))
                .isPresent();
    }

    // PROTOCOL R-ROSTER-5
    @Test
    void redundantNamesRepairTheRoster() {
        assertThat(
                        difference(
                                List.of("bob/phone"),
                                List.of("gone/phone"),
                                TWO,
                                TWO,
                                List.of(),
                                List.of()))
                .isEmpty();
    }

    // PROTOCOL R-ROSTER-3
    @Test
    void onlyAMemberThatComesBackIsRemovedAndAdded() {
        var bob = leaves("bob/phone");
        var both = List.of("bob/phone");
        assertThat(difference(both, both, TWO, TWO, bob, bob)).isEmpty();
        assertThat(difference(both, both, TWO, TWO, List.of(), List.of())).isPresent();
    }

    // PROTOCOL R-ROSTER-10
    @Test
    void credentialsWithoutTheDeviceTellNothing() {
        var users = leaves("alice", "bob");
        assertThat(difference(List.of("eve/laptop"), List.of(), users, users, List.of(), List.of()))
                .isEmpty();
    }

    // PROTOCOL R-ROSTER-12
    /// Regression: a commit that also gave a leaf such a name was not compared, and could declare
    /// anything.
    @Test
    void aCommitThatMakesAMemberThatIsNoClientIsADifference() {
        for (var name : List.of("eve", "a".repeat(65) + "/phone", "eve/.", "../eve")) {
            var leaf = leaves(name);
            var after = leaves("alice/phone", "bob/phone", name);
            assertThat(difference(List.of(), List.of("alice/phone"), TWO, after, leaf, List.of()))
                    .isPresent();
        }
    }
}
