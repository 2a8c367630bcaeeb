package io.lockstep.gateway;

import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

final class PseudonymsTest {
    private static final ClientId PHONE = new ClientId("alice", "phone");
    private static final ClientId LAPTOP = new ClientId("alice", "laptop");

    private final Pseudonyms pseudonyms =
            new Pseudonyms(DeploymentKey.of(Bytes.wrap(new byte[32])));

    @Test
    @DisplayName("I8: one client has another pseudonym in every group")
    void pseudonymsOfTwoGroupsCannotBeLinked() {
        assertThat(pseudonyms.member(group("a"), PHONE))
                .isNotEqualTo(pseudonyms.member(group("b"), PHONE));
        assertThat(pseudonyms.owner(group("a"), "alice"))
                .isNotEqualTo(pseudonyms.owner(group("b"), "alice"));
    }

    @Test
    @DisplayName("I8: another deployment has other pseudonyms")
    void pseudonymsDependOnTheKey() {
        var key = new byte[32];
        key[0] = 1;
        var other = new Pseudonyms(DeploymentKey.of(Bytes.wrap(key)));
        assertThat(other.member(group("a"), PHONE))
                .isNotEqualTo(pseudonyms.member(group("a"), PHONE));
    }

    @Test
    void devicesOfOneUserHaveTheSameOwner() {
        var phone = pseudonyms.author(group("a"), PHONE);
        var laptop = pseudonyms.author(group("a"), LAPTOP);
        assertThat(phone.owner()).isEqualTo(laptop.owner());
        assertThat(phone.member()).isNotEqualTo(laptop.member());
        assertThat(phone.member().bytes()).isNotEqualTo(phone.owner().bytes());
    }

    @Test
    void theBoundaryOfGroupAndNameIsPartOfThePseudonym() {
        assertThat(pseudonyms.owner(group("ab"), "c"))
                .isNotEqualTo(pseudonyms.owner(group("a"), "bc"));
    }

    /// Stored rosters contain these values: other values would lock every member out.
    @Test
    void pseudonymsStayWhatTheyAre() {
        assertThat(pseudonyms.member(group("family"), PHONE).toString())
                .isEqualTo("86b8b5785e52b5cb4002abe98e8839a4");
        assertThat(pseudonyms.owner(group("family"), "alice").toString())
                .isEqualTo("901d5387eb3d22697ac4625034e049c4");
    }
}
