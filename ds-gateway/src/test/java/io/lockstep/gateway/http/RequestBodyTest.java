package io.lockstep.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.ByteBudget;
import io.lockstep.wire.mls.MlsBytes;
import org.junit.jupiter.api.Test;

final class RequestBodyTest {
    private final ByteBudget budget = new ByteBudget(40, 20, 20);

    private RequestBody of(String user, long announced) {
        return new RequestBody(budget.open(ByteBudget.Holder.of(user), () -> {}), 20, announced);
    }

    /// The bytes stayed until the connection's next request: forty idle connections held 431 MiB.
    @Test
    void releasedBytesAreNotHeld() {
        var body = of("alice", 10);
        assertThat(take(body)).isEqualTo(RequestBody.TakeResult.OK);
        assertThat(body.bytes()).isEqualTo(MlsBytes.text("ten bytes!"));
        assertThat(budget.held()).isEqualTo(10);

        body.release();
        assertThat(body.bytes().isEmpty()).isTrue();
        assertThat(budget.held()).isZero();
    }

    /// Ten slow bodies of one client held the whole budget: every publish, claim and upload was
    /// refused.
    @Test
    void oneUserHasAShareAndOthersHaveRoom() {
        assertThat(take(of("mallory", 10))).isEqualTo(RequestBody.TakeResult.OK);
        assertThat(take(of("mallory", 10))).isEqualTo(RequestBody.TakeResult.OK);
        assertThat(take(of("mallory", 10))).isEqualTo(RequestBody.TakeResult.OVER_BUDGET);
        assertThat(take(of("alice", 10))).isEqualTo(RequestBody.TakeResult.OK);
    }

    @Test
    void anAnnouncedLengthCostsNothingUntilBytesArrive() {
        var body = of("alice", 20);
        assertThat(budget.held()).isZero();
        assertThat(take(body)).isEqualTo(RequestBody.TakeResult.OK);
        assertThat(take(body)).isEqualTo(RequestBody.TakeResult.OK);
        assertThat(take(body)).isEqualTo(RequestBody.TakeResult.TOO_LONG);
        assertThat(budget.held()).isEqualTo(20);
    }

    private static RequestBody.TakeResult take(RequestBody body) {
        return body.take(MlsBytes.text("ten bytes!").asByteBuf());
    }
}
