package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class AttachRateTest {
    private static final long START = Long.MAX_VALUE - 1_000;

    /// Four sessions that attached and detached without pause blocked the server for all clients.
    @Test
    void aBurstThenOnePerTenMilliseconds() {
        var rate = new AttachRate(3, START);
        for (int i = 0; i < 3; i++) {
            assertThat(rate.take(START)).isEmpty();
        }
        assertThat(rate.take(START)).contains(Duration.ofMillis(10));
        long later = START + Duration.ofMillis(10).toNanos();
        assertThat(rate.take(later)).isEmpty();
        assertThat(rate.take(later)).contains(Duration.ofMillis(10));
        long muchLater = later + Duration.ofHours(1).toNanos();
        for (int i = 0; i < 3; i++) {
            assertThat(rate.take(muchLater)).isEmpty();
        }
        assertThat(rate.take(muchLater)).isPresent();
    }

    /// With a bucket per session, each reconnect gave a new burst.
    @Test
    void aClientHasOneRateOverAllItsSessions() {
        var now = new AtomicLong(START);
        var rates = AttachRateLimiter.ofAttaches(10, now::get);
        var phone = new ClientId("mallory", "phone");
        for (int i = 0; i < 130; i++) {
            assertThat(rates.take(phone)).isEmpty();
        }
        assertThat(rates.take(new ClientId("mallory", "phone"))).contains(Duration.ofMillis(10));
        assertThat(rates.take(new ClientId("alice", "phone"))).isEmpty();
        now.addAndGet(Duration.ofMillis(10).toNanos());
        assertThat(rates.take(phone)).isEmpty();
    }

    /// With a rate per session, a client that reconnected could acknowledge a thousand times again.
    @Test
    void itemsAreAcknowledgedAtOneRateOverAllSessions() {
        var now = new AtomicLong(START);
        var rates = AttachRateLimiter.ofInboxAcks(now::get);
        var phone = new ClientId("mallory", "phone");
        for (int i = 0; i < InboxAcks.BURST; i++) {
            assertThat(rates.take(phone)).isEmpty();
        }
        assertThat(rates.take(new ClientId("mallory", "phone"))).contains(Duration.ofMillis(10));
        assertThat(rates.take(new ClientId("alice", "phone"))).isEmpty();
    }

    /// Each refusal took what had been regained: a client that came again when it was told to never
    /// got through.
    @Test
    void acknowledgementsOfManyStepsPassAfterTheWaitThatTheyAreTold() {
        var now = new AtomicLong(START);
        var rates = AttachRateLimiter.ofInboxAcks(now::get);
        var phone = new ClientId("alice", "phone");
        assertThat(rates.take(phone, InboxAcks.BURST - 3)).isEmpty();
        assertThat(rates.take(phone, 8)).contains(Duration.ofMillis(50));
        now.addAndGet(Duration.ofMillis(50).toNanos());
        assertThat(rates.take(phone, 8)).isEmpty();
        assertThat(rates.take(phone)).contains(Duration.ofMillis(10));
    }
}
