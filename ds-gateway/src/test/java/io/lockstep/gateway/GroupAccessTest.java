package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.GroupAccess.AccessResult;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.runtime.MonotonicClock;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

final class GroupAccessTest {
    /// A store without an answer was taken for the answer that there is no such member or group.
    @ParameterizedTest
    @ValueSource(strings = {"membership", "policy"})
    void aMissingAnswerIsRefusedAsUnavailable(String question) {
        try (var server = TestServer.start()) {
            var group = GroupWriter.create(server.log).group();
            var outsider = ClientId.parse("eve/phone");
            var rates =
                    new SubmissionRateLimiter(
                            SubmissionLimits.DEFAULT, 1 << 20, MonotonicClock.SYSTEM);
            var silent =
                    (GroupLog)
                            Proxy.newProxyInstance(
                                    GroupLog.class.getClassLoader(),
                                    new Class<?>[] {GroupLog.class},
                                    (_, asked, with) ->
                                            asked.getName().equals(question)
                                                    ? Mono.empty()
                                                    : asked.invoke(server.log, with));

            assertThatThrownBy(() ->
                            new GroupAccess(silent, server.remembered, server.pseudonyms, rates)
                                    .of(group, outsider)
                                    .block())
                    .isInstanceOf(LogUnavailableException.class);
            assertThat(
                            new GroupAccess(server.log, server.remembered, server.pseudonyms, rates)
                                    .of(group, outsider)
                                    .block())
                    .isInstanceOf(GroupAccess.AccessResult.NoAccess.class);
        }
    }

    // PROTOCOL R-FROZEN-6
    /// A store that had lost a group, or held another one under its id, was taken for the proof
    /// that the client has no access.
    @Test
    @DisplayName("I3: a store that lost a group's history refuses nobody for good")
    void aGroupThatTheStoreHasLostIsFrozen() {
        try (var server = TestServer.start()) {
            var another = GroupWriter.create(server.log).group();
            var outsider = ClientId.parse("eve/phone");
            var failure = new SubmissionLimits(0, 0, 1, 1, 1, 1, Duration.ofSeconds(1));
            var rates = new SubmissionRateLimiter(failure, 1 << 20, MonotonicClock.SYSTEM);
            var access = new GroupAccess(server.log, server.remembered, server.pseudonyms, rates);
            for (var group : List.of(GroupWriter.freshGroup(), another)) {
                server.remembered.seen(group, Bytes.ofHex("aa".repeat(16)));
                assertThat(access.of(group, outsider).block())
                        .isEqualTo(new AccessResult.NoAccess(Code.GROUP_FROZEN));
            }
            assertThat(access.of(GroupWriter.freshGroup(), outsider).block())
                    .isEqualTo(new AccessResult.NoAccess(Code.UNKNOWN_GROUP));
            assertThat(access.of(GroupWriter.freshGroup(), outsider).block())
                    .as("the first failure that counts")
                    .isEqualTo(new AccessResult.NoAccess(Code.RATE_LIMITED));
        }
    }
}
