package io.lockstep.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lockstep.auth.ClientId;
import io.lockstep.log.AppendOutcome;
import io.lockstep.log.GroupWriter;
import io.lockstep.redis.auth.RedisRevocationStore;
import io.lockstep.redis.directory.RedisInboxStore;
import io.lockstep.redis.directory.RedisKeyPackageStore;
import io.lockstep.redis.log.RedisGroupLog;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.scheduler.Schedulers;

/// No authentication or ordering command waits behind a long reply. Bug: 9 of 9 hellos of others
/// failed while one inbox was listed.
class SeparateConnectionsIT {
    @RegisterExtension static final TestRedis REDIS = new TestRedis();
    private static final ClientId CLIENT = new ClientId("vera", "phone");
    private static final Duration SOON = Duration.ofSeconds(1);

    @Test
    void authenticationAndOrderingDoNotWaitBehindALongAnswer() throws Exception {
        var redis = URI.create(REDIS.uri());
        try (var proxy = new HoldingProxy(redis.getPort());
                var node =
                        RedisConnections.open(
                                REDIS.uri().replace(":" + redis.getPort(), ":" + proxy.port()),
                                TestRedis.SETTINGS);
                var log =
                        new RedisGroupLog(
                                node,
                                TestRedis.KEY,
                                Schedulers.parallel(),
                                InstantSource.system());
                var revocations =
                        new RedisRevocationStore(node, TestRedis.KEY, Schedulers.parallel())) {
            var inboxes = new RedisInboxStore(node, TestRedis.KEY);
            var keyPackages = new RedisKeyPackageStore(node, TestRedis.KEY);
            assertThat(node.awaitVerified(GroupWriter.PATIENCE)).isTrue();
            var writer = GroupWriter.create(log);

            proxy.hold("lockstep-bulk");
            var listing = inboxes.page(CLIENT, 0).toFuture();

            // The read of a hello.
            assertThat(revocations.of(CLIENT).blockOptional(SOON)).isEmpty();
            assertThat(keyPackages.count(CLIENT).block(SOON)).isEmpty();
            assertThat(log.membership(writer.group(), GroupWriter.member("creator")).block(SOON))
                    .isPresent();
            // The read of ordering.
            assertThat(log.load(writer.group(), 10).block(SOON)).isNotNull();
            assertThat(writer.append(List.of(writer.application("one"))))
                    .isInstanceOf(AppendOutcome.Succeeded.class);
            assertThat(listing).isNotDone();

            // The reply does not arrive: the caller gets a time-out.
            assertThatThrownBy(listing::get)
                    .hasRootCauseInstanceOf(RedisUnavailableException.class)
                    .hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void aSaturatedConnectionRefusesAndTheOthersDoNot() throws Exception {
        var redis = URI.create(REDIS.uri());
        try (var proxy = new HoldingProxy(redis.getPort());
                var node =
                        RedisConnections.open(
                                REDIS.uri().replace(":" + redis.getPort(), ":" + proxy.port()),
                                TestRedis.SETTINGS.withInFlightMax(16, 1 << 20))) {
            proxy.hold("lockstep-bulk");
            var key = Script.ascii("none");
            for (int i = 0; i < 16; i++) {
                node.bulk().send(commands -> commands.get(key)).subscribe(_ -> {}, _ -> {});
            }
            assertThatThrownBy(() -> node.bulk().send(commands -> commands.get(key)).block(SOON))
                    .isInstanceOfSatisfying(
                            RedisUnavailableException.class,
                            e -> assertThat(e.failureCause()).isEqualTo(FailureCause.OVERLOADED));
            assertThat(
                            node.authentication()
                                    .send(commands -> commands.get(key))
                                    .blockOptional(SOON))
                    .isEmpty();
        }
    }
}
