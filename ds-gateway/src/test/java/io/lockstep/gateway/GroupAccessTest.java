package io.lockstep.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.GroupAccess;
import io.lockstep.gateway.access.SubmissionRateLimiter;
import io.lockstep.gateway.limits.SubmissionLimits;
import io.lockstep.log.GroupLog;
import io.lockstep.log.GroupWriter;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.runtime.MonotonicClock;
import java.lang.reflect.Proxy;
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
                            new GroupAccess(silent, server.pseudonyms, rates)
                                    .of(group, outsider)
                                    .block())
                    .isInstanceOf(LogUnavailableException.class);
            assertThat(
                            new GroupAccess(server.log, server.pseudonyms, rates)
                                    .of(group, outsider)
                                    .block())
                    .isInstanceOf(GroupAccess.AccessResult.NoAccess.class);
        }
    }
}
