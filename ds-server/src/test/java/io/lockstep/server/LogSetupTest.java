package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.read.ListAppender;
import io.lockstep.server.config.ServerSettings.Log.Format;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class LogSetupTest {
    private final LoggerContext context = new LoggerContext();

    LogSetupTest() {
        context.setMDCAdapter(new LogbackMDCAdapter());
    }

    private JsonNode encoded(Runnable logging) {
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        var logger = context.getLogger("a.logger");
        logger.addAppender(events);
        logging.run();
        var line =
                new String(
                        LogSetup.encoder(context, Format.JSON).encode(events.list.getFirst()),
                        StandardCharsets.UTF_8);
        assertThat(line).endsWith("\n").hasLineCount(1);
        return new ObjectMapper().readTree(line);
    }

    /// The message was the pattern, with its arguments in a separate list.
    @Test
    void theMessageIsFormattedAndKeyValuePairsAreFields() {
        var json =
                encoded(() ->
                        context.getLogger("a.logger")
                                .atWarn()
                                .addKeyValue("group", "a1b2")
                                .addKeyValue("position", 7)
                                .log("took {} of {}\nlines", 2, "3"));
        assertThat(json.get("message").asString()).isEqualTo("took 2 of 3\nlines");
        assertThat(json.get("level").asString()).isEqualTo("WARN");
        assertThat(json.get("logger").asString()).isEqualTo("a.logger");
        assertThat(json.get("thread").asString()).isEqualTo(Thread.currentThread().getName());
        assertThat(json.get("time").asString()).matches("\\d{4}-\\d\\d-\\d\\dT.*");
        assertThat(json.get("group").asString()).isEqualTo("a1b2");
        assertThat(json.get("position").asInt()).isEqualTo(7);
    }

    @Test
    void anExceptionIsOneBoundedField() {
        var json =
                encoded(() ->
                        context.getLogger("a.logger")
                                .error("failed", new IllegalStateException("x".repeat(50_000))));
        assertThat(json.get("exception").asString())
                .startsWith("java.lang.IllegalStateException")
                .hasSizeLessThan(13_000);
    }
}
