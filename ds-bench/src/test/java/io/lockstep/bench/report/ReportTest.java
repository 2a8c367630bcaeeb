package io.lockstep.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

final class ReportTest {
    private static final LinePlot.Line LINE =
            new LinePlot.Line("all <b>", List.of(0.5, 1.0, 9.0), List.of(0.0, 50.0, 100.0));

    private static Report report() {
        return new Report(
                "A run & its <title>",
                Map.of("command", "bench fanout --check 'p99<50ms'"),
                List.of(Map.of("p99", 10.0), Map.of("p99", 30.0), Map.of("p99", 20.0)),
                Map.of(
                        "latency",
                        new LinePlot("Latency", "ms", "%", true).add(LINE).svg(),
                        "bars",
                        BarPlot.svg("x C", List.of(new BarPlot.PlotBar("C", 1, 0.9, 1.1)), true)),
                List.of("a table <of> text"),
                List.of(),
                List.of(ResultCheck.parse("p99<25ms"), ResultCheck.parse("max.p99<25ms")));
    }

    @Test
    void jsonHoldsMediansSpreadRoundsAndVerdicts() {
        var json = JsonMapper.builder().build().readTree(report().json());

        assertThat(json.at("/summary/p99/value").asDouble()).isEqualTo(20);
        assertThat(json.at("/summary/p99/min").asDouble()).isEqualTo(10);
        assertThat(json.at("/summary/p99/max").asDouble()).isEqualTo(30);
        assertThat(json.at("/rounds").size()).isEqualTo(3);
        assertThat(json.at("/checks/0/holds").asBoolean()).isTrue();
        assertThat(json.at("/checks/1/holds").asBoolean()).isFalse();
    }

    @Test
    void thePageIsSelfContainedAndEscapesItsInput() {
        var html = report().html();

        assertThat(html)
                .contains(
                        "<svg",
                        "table &lt;of&gt;",
                        "A run &amp; its &lt;title&gt;",
                        "all &lt;b&gt;")
                .doesNotContain("<b>", "src=", "href=", "<script", "NaN", "Infinity");
    }

    @Test
    void aPlotWithoutDataIsValid() {
        assertThat(new LinePlot("t", "x", "y", true).svg())
                .contains("</svg>")
                .doesNotContain("NaN", "Infinity");
    }

    @Test
    void allThreeFilesAreWritten(@TempDir Path folder) {
        var base = folder.resolve("deep/er/run");
        report().write(base);

        for (var suffix : List.of(".json", ".html", ".txt")) {
            assertThat(Path.of(base + suffix)).isNotEmptyFile();
        }
        assertThat(Files.exists(folder.resolve("deep/er"))).isTrue();
    }

    @Test
    void theMiddleOfAnEvenNumberIsBetweenTwo() {
        assertThat(Summary.median(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(2.5);
        assertThat(Summary.median(List.of(7.0))).isEqualTo(7);
    }

    @Test
    void metricsOfOneNameAreAddedUp() {
        var page =
                MetricsPage.parse(
                        """
                        # HELP process_cpu_time_ns_total something
                        process_cpu_time_ns_total 2.5E9
                        jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 100.0
                        jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 20.0
                        jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 3.0
                        """);

        assertThat(page.cpuSeconds()).isEqualTo(2.5);
        assertThat(page.get("jvm_memory_used_bytes")).isEqualTo(123);
        assertThat(page.sum("jvm_memory_used_bytes", "area=\"heap\"")).isEqualTo(120);
        assertThat(page.get("jvm_memory_used_bytes{area=\"nonheap\",id=\"Metaspace\"}"))
                .isEqualTo(3);
        assertThat(page.get("nothing")).isZero();
    }
}
