package io.lockstep.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Two servers on one Redis: a user that has used up its quota on one node has used it up on the
/// other, and nobody else notices.
final class SharedQuotaIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int QUOTA = 20;
    private static final String SETTING = "quotas.user-entries=" + QUOTA;
    private static final GroupId HERS = MlsBytes.group("hers");
    private static final GroupId HIS = MlsBytes.group("his");

    @TempDir private Path folder;
    private int markers;

    // PROTOCOL R-QUOTA-1 R-QUOTA-5
    @Test
    void whatAUserUsedOnOneNodeCountsOnTheOther() throws Exception {
        try (var one = KillableServer.start(folder.resolve("one"), "--set", SETTING);
                var two = one.startPeer(folder.resolve("two"), "--set", SETTING);
                var atOne = new JsonSession(one, "alice/phone");
                var atTwo = new JsonSession(two, "alice/tablet");
                var bobAtTwo = new JsonSession(two, "bob/phone")) {
            atOne.askAccepted("create", create(HERS));
            atOne.askAccepted(
                    "commit",
                    "{\"message\":\"%s\",\"rosterChange\":{\"add\":[\"alice/tablet\"]}}"
                            .formatted(base64(MlsBytes.commit(HERS, 0, 1, 50))));
            for (int i = 1; i < QUOTA; i++) {
                atOne.askAccepted("send", message(HERS, 1));
            }
            assertQuotaExceeded(atOne.ask("send", message(HERS, 1)));

            var admitted = new int[1];
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> {
                        var answer = atTwo.ask("send", message(HERS, 1));
                        admitted[0] += answer.has("accepted") ? 1 : 0;
                        return answer.path("refused")
                                .path("code")
                                .asString()
                                .equals("quota_exceeded");
                    });
            // A second of polling every 100 ms at most, on a slow machine some more.
            assertThat(admitted[0]).isLessThan(2 * QUOTA);

            bobAtTwo.askAccepted("create", create(HIS));
            bobAtTwo.askAccepted("send", message(HIS, 0));
        }
    }

    private static void assertQuotaExceeded(JsonNode answer) {
        var refused = answer.path("refused");
        assertThat(refused.path("code").asString())
                .as(answer.toString())
                .isEqualTo("quota_exceeded");
        assertThat(refused.path("retryAfterMillis").asInt()).isBetween(1, 3_600_000);
    }

    private static String create(GroupId group) {
        return "{\"groupId\":\"%s\"}".formatted(base64(group.bytes()));
    }

    private String message(GroupId group, long epoch) {
        return "{\"message\":\"%s\"}"
                .formatted(base64(MlsBytes.application(group, epoch, ++markers, 50)));
    }

    private static String base64(Bytes bytes) {
        return Base64.getEncoder().encodeToString(bytes.toArray());
    }
}
