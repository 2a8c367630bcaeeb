package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.auth.Revocation;
import io.lockstep.auth.TokenGrant;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/// A token checked before its device was revoked, and a session registered afterwards.
final class RecentRevocationsTest {
    private static final ClientId PHONE = new ClientId("alice", "phone");

    private final Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private long nanos = Long.MAX_VALUE - 1;
    private final RecentRevocations recent = new RecentRevocations(() -> nanos);

    @Test
    void aRevocationEndsEarlierGrants() {
        assertThat(recent.end(new TokenGrant(PHONE, Instant.MAX))).isFalse();
        recent.add(new Revocation(PHONE, now));
        assertThat(recent.end(new TokenGrant(PHONE, Instant.MAX))).isTrue();
        assertThat(recent.end(new TokenGrant(PHONE, Instant.MAX, now))).isTrue();
        assertThat(recent.end(new TokenGrant(PHONE, Instant.MAX, now.plusSeconds(1)))).isFalse();
        assertThat(recent.end(new TokenGrant(new ClientId("alice", "laptop"), Instant.MAX)))
                .isFalse();
    }

    @Test
    void itIsForgottenAfterAWhile() {
        recent.add(new Revocation(PHONE, now));
        nanos += Duration.ofMinutes(3).toNanos();
        recent.add(new Revocation(new ClientId("bob", "phone"), now));
        assertThat(recent.end(new TokenGrant(PHONE, Instant.MAX))).isFalse();
    }
}
