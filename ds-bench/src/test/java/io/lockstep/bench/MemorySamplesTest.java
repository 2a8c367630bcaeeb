package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.MemorySamples.Sample;
import io.lockstep.bench.report.MetricsPage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemorySamplesTest {
    private static final Optional<MetricsPage> PAGE =
            Optional.of(
                    MetricsPage.parse(
                            """
                            jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 100.0
                            jvm_buffer_memory_used_bytes{id="direct"} 30.0
                            """));

    private final MemorySamples samples = new MemorySamples();

    @Test
    void aMomentAtWhichOneServerCouldNotBeReadIsLeftOut() {
        samples.add(0, List.of(Sample.of(7, PAGE), Sample.of(5, PAGE)));
        samples.add(1, List.of(Sample.of(7, Optional.empty()), Sample.of(0, PAGE)));
        samples.add(2, List.of(Sample.of(8, PAGE), Sample.of(6, PAGE)));

        assertThat(samples.together(Sample::resident)).containsExactly(12.0, 14.0);
        assertThat(samples.together(Sample::heap)).containsExactly(200.0, 200.0);
        assertThat(samples.together(Sample::direct)).containsExactly(60.0, 60.0);
        assertThat(samples.ofServer(0, Sample::resident)).hasSize(3);
        assertThat(samples.ofServer(1, Sample::resident)).hasSize(2);
    }

    @Test
    void withoutPageAndPidThereIsNoField() {
        for (int i = 0; i < 20; i++) {
            samples.add(i, List.of(Sample.of(0, Optional.empty())));
        }
        var fields = new LinkedHashMap<String, Double>();

        MemoryMonitor.growth(fields, "rss", samples.together(Sample::resident));
        MemoryMonitor.growth(fields, "heap", samples.together(Sample::heap));
        MemoryMonitor.growth(fields, "direct", samples.together(Sample::direct));

        assertThat(fields).isEmpty();
    }

    @Test
    void growthIsMeasuredWhereThereAreSamples() {
        for (int i = 0; i < 8; i++) {
            samples.add(i, List.of(Sample.of(i < 4 ? 100 : 150, PAGE)));
        }
        var fields = new LinkedHashMap<String, Double>();

        MemoryMonitor.growth(fields, "rss", samples.together(Sample::resident));

        assertThat(fields).containsAllEntriesOf(Map.of("rss.growth", 0.5));
    }
}
