package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.ClassHistogram.Row;
import org.junit.jupiter.api.Test;

class ClassHistogramTest {
    private static final String BEFORE =
            """
            4711:
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:           100           4000  [B (java.base@25.0.3)
               2:            10            240  io.lockstep.Gone
            Total           110           4240
            """;

    private static final String AFTER =
            """
             num     #instances         #bytes  class name (module)
            -------------------------------------------------------
               1:           300          12000  [B (java.base@25.0.3)
               2:             5             80  io.lockstep.Session$$Lambda/0x00007f2b1c01a000
               3:             5             80  io.lockstep.Session$$Lambda+0x000000001c01b438
               4:             1           9000  [Ljdk.internal.vm.FillerElement; (java.base@25.0.3)
            Total           311          21160
            """;

    @Test
    void rowsAreParsedAndHiddenClassesOfOneOriginAddedUp() {
        var histogram = ClassHistogram.parse(AFTER);

        assertThat(histogram.rows())
                .containsEntry("[B", new Row(300, 12_000))
                .containsEntry("io.lockstep.Session$$Lambda", new Row(10, 160))
                .hasSize(2);
        assertThat(histogram.bytes()).isEqualTo(12_160);
    }

    @Test
    void aDifferenceHasAddedAndRemovedObjects() {
        var more = ClassHistogram.parse(AFTER).minus(ClassHistogram.parse(BEFORE));

        assertThat(more.rows())
                .containsEntry("[B", new Row(200, 8_000))
                .containsEntry("io.lockstep.Gone", new Row(-10, -240))
                .containsEntry("io.lockstep.Session$$Lambda", new Row(10, 160));
        assertThat(more.bytes()).isEqualTo(12_160 - 4_240);
    }

    @Test
    void aTableShowsClassesDownToOneBytePerConnectionLargestFirst() {
        var more = ClassHistogram.parse(AFTER).minus(ClassHistogram.parse(BEFORE));

        assertThat(more.perConnection(200))
                .containsExactly("    1.00     40.0  [B", "   -0.05     -1.2  io.lockstep.Gone");
    }
}
