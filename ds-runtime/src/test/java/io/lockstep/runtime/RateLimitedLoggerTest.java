package io.lockstep.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

class RateLimitedLoggerTest {
    private final AtomicLong nanos = new AtomicLong();
    private final Lines lines = new Lines();
    private final RateLimitedLogger log =
            new RateLimitedLogger(lines, 2, Duration.ofSeconds(1), nanos::get);

    @Test
    void limitsTheLinesOfAnIntervalAndReportsTheOmittedOnes() {
        for (int i = 0; i < 1_959; i++) {
            log.warn("group {}", i);
        }
        assertThat(lines.written).containsExactly("WARN group 0", "WARN group 1");

        nanos.addAndGet(Duration.ofSeconds(1).toNanos());
        log.warn("group {}", "again");
        log.warn("group {}", "and again");

        assertThat(lines.written.subList(2, 5))
                .containsExactly(
                        "WARN group again",
                        "WARN 1957 lines of this kind were left out before",
                        "WARN group and again");
    }

    /// Records lines of level INFO and above.
    private static final class Lines extends LegacyAbstractLogger {
        private final transient List<String> written = new ArrayList<>();

        @Override
        protected String getFullyQualifiedCallerName() {
            return Lines.class.getName();
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String message, Object[] arguments, Throwable cause) {
            written.add(level + " " + MessageFormatter.basicArrayFormat(message, arguments));
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }
    }
}
