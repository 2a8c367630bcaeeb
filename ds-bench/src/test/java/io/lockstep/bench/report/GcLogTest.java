package io.lockstep.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.report.GcLog.Pause;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.Test;

class GcLogTest {
    /// The format that Temurin 25 writes with `-Xlog:gc:file=gc.log:tm`.
    private static final String LOG =
            """
            [1795455555101ms] Using G1
            [1795455556101ms] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->4M(250M) 3.456ms
            [1795455557000ms] GC(1) Concurrent Mark Cycle
            [1795455557010ms] GC(1) Pause Remark 20M->19M(100M) 1.200ms
            [1795455557020ms] GC(1) Concurrent Mark Cycle 20.123ms
            [1795455558000ms] GC(2) Pause Full (Diagnostic Command) 1G->900M(2G) 812.5ms
            [1795455559000ms] GC(3) Pause Young (Conc\
            """;

    @Test
    void exactlyThePausesAreFound() {
        assertThat(GcLog.parse(LOG))
                .containsExactly(
                        new Pause(
                                1_795_455_556_101L,
                                "Pause Young (Normal) (G1 Evacuation Pause)",
                                4L << 20,
                                3.456),
                        new Pause(1_795_455_557_010L, "Pause Remark", 19L << 20, 1.2),
                        new Pause(
                                1_795_455_558_000L,
                                "Pause Full (Diagnostic Command)",
                                900L << 20,
                                812.5));
    }

    @Test
    void pausesAreCountedAndListedFromTheStartOfTheRun() {
        var pauses = new Pauses(List.of(GcLog.parse(LOG), List.of()), 1_795_455_555_101L);
        var fields = new HashMap<String, Double>();
        pauses.addTo(fields);

        assertThat(fields).containsEntry("gc.pauses", 3.0).containsEntry("gc.longest", 812.5);
        assertThat(pauses.lines())
                .containsExactly(
                        "GC pauses of server 1: 3",
                        "  1.0s:3.46ms 1.9s:1.20ms Pause Remark 2.9s:812.50ms Pause Full (Diagnostic Command)",
                        "GC pauses of server 2: 0");
    }
}
