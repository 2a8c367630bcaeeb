package io.lockstep.server.groups;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.log.GroupRules;
import io.lockstep.log.MemberId;
import io.lockstep.log.NewGroup;
import io.lockstep.log.UserPseudonym;
import io.lockstep.log.memory.MemoryGroupLog;
import io.lockstep.ordering.Ordering;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// `POST /groups/{group}/delete`.
class OperatorDeletionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final GroupId GROUP =
            new GroupId(Bytes.wrap("group".getBytes(StandardCharsets.US_ASCII)));
    private static final String PATH = "/groups/Z3JvdXA/";
    private static final Bytes FIRST = Bytes.ofHex("01".repeat(16));
    private static final Bytes SECOND = Bytes.ofHex("02".repeat(16));
    private static final String WHY = "{\"why\":\"ticket 4711\"}";

    private final Logger logger = (Logger) LoggerFactory.getLogger(OperatorDeletion.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final MemoryGroupLog log = new MemoryGroupLog();
    private final Ordering ordering =
            submission -> Mono.error(new AssertionError("submitted: " + submission));
    private final GroupOperations operations =
            new GroupOperations(ordering, log, InstantSource.system(), metrics);

    @BeforeEach
    void listen() {
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    private void create(Bytes incarnation) {
        log.create(
                        GROUP,
                        new NewGroup(
                                incarnation,
                                0,
                                GroupRules.DEFAULT,
                                new MemberId(1, 2),
                                new UserPseudonym(Bytes.ofHex("03".repeat(16))),
                                Bytes.EMPTY))
                .block(PATIENCE);
    }

    private RouteResponse call(String method, String path, String body) {
        var bytes = Bytes.wrap(body.getBytes(StandardCharsets.UTF_8));
        return operations
                .answer(new OperatorRequest(method, path, Map.of(), bytes))
                .blockOptional(PATIENCE)
                .orElseThrow();
    }

    private RouteResponse delete(String body) {
        return call("POST", PATH + "delete", body);
    }

    private static String text(RouteResponse response) {
        return switch (response.content()) {
            case RouteResponse.ResponseContent.FullContent(var whole) ->
                    new String(whole.toArray(), StandardCharsets.UTF_8);
            case RouteResponse.ResponseContent.Streamed _ -> throw new AssertionError("streamed");
        };
    }

    private boolean exists() {
        return log.tail(GROUP).blockOptional(PATIENCE).isPresent();
    }

    private List<String> logged() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    private double counted() {
        return metrics.get("lockstep.groups.operator.deletions").counter().count();
    }

    private static String with(Bytes incarnation) {
        return "{\"why\":\"ticket 4711\",\"incarnation\":\"%s\"}".formatted(incarnation.hex());
    }

    @Test
    void theGroupThatExistsIsDeletedAndTheServersLogIsTheAudit() {
        create(FIRST);
        assertThat(text(call("GET", "/groups/Z3JvdXA", "")))
                .contains("\"incarnation\":\"" + FIRST.hex() + "\"");

        var deleted = delete(WHY);

        assertThat(deleted.status()).isEqualTo(200);
        assertThat(text(deleted))
                .isEqualTo(
                        "{\"group\":\"Z3JvdXA\",\"incarnation\":\"%s\",\"repeat\":false}"
                                .formatted(FIRST.hex()));
        assertThat(exists()).isFalse();
        assertThat(counted()).isEqualTo(1);
        var what = "group 67726f7570: the operator's delete of incarnation " + FIRST.hex();
        assertThat(logged())
                .containsExactly(what + " begins, evidence: ticket 4711", what + " is complete");
    }

    @Test
    void aDeletionThatIsSentAgainIsARepeat() {
        create(FIRST);
        delete(with(FIRST));
        create(SECOND);

        assertThat(text(delete(with(FIRST)))).contains("\"repeat\":true");

        assertThat(exists()).isTrue();
        assertThat(counted()).isEqualTo(1);
    }

    @Test
    void anotherIncarnationStays() {
        create(SECOND);

        var refused = delete(with(FIRST));

        assertThat(refused.status()).isEqualTo(404);
        assertThat(text(refused)).contains("\"code\":\"unknown_group\"");
        assertThat(exists()).isTrue();
        assertThat(counted()).isZero();
    }

    @Test
    void aGroupThatDoesNotExistIsUnknown() {
        var refused = delete(WHY);

        assertThat(refused.status()).isEqualTo(404);
        assertThat(text(refused)).contains("\"code\":\"unknown_group\"");
        assertThat(logged()).isEmpty();
    }

    @Test
    void aBodyWithoutEvidenceOrWithAWrongIncarnationIsRefused() {
        create(FIRST);
        for (var wrong :
                List.of(
                        "{}",
                        "{\"why\":\" \"}",
                        "{\"why\":\"x\",\"position\":1}",
                        "{\"why\":\"x\",\"incarnation\":7}",
                        "{\"why\":\"x\",\"incarnation\":\"0101\"}",
                        "{\"why\":\"x\",\"incarnation\":null}")) {
            var refused = delete(wrong);
            assertThat(refused.status()).as(wrong).isEqualTo(400);
            assertThat(text(refused)).as(wrong).contains("\"code\":\"invalid_request\"");
        }
        assertThat(call("DELETE", PATH + "delete", WHY).status()).isEqualTo(405);
        assertThat(exists()).isTrue();
    }

    @Test
    void evidenceCannotForgeALine() {
        create(FIRST);

        delete("{\"why\":\"one\\nALARM two\\u2028three\"}");

        assertThat(logged()).allMatch(line -> line.lines().count() == 1);
        assertThat(logged().getFirst()).endsWith("one\uFFFDALARM two\uFFFDthree");
    }
}
