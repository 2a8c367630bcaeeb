package io.lockstep.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.bench.traffic.WorkerReply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RoundResultTest {
    private static final Map<Long, String> SENT = Map.of(1L, "aa", 2L, "bb");

    private static WorkerReply.MessageTally message(
            long position, long number, String sha256, long referencedBytes) {
        return new WorkerReply.MessageTally(
                "g", position, number, 1, 10, 2, 3, sha256, referencedBytes);
    }

    private static RoundResult seen(long faults, WorkerReply.MessageTally... messages) {
        var seen = new RoundResult();
        seen.add(
                new WorkerReply.RoundTally(
                        10L * messages.length,
                        0,
                        0,
                        0,
                        faults,
                        List.of(),
                        Map.of(),
                        List.of(messages),
                        0));
        return seen;
    }

    @Test
    void theSentMessagesAreRight() {
        var seen = seen(0, message(1, 1, "aa", 0), message(2, 2, "bb", 0));

        assertThat(seen.mustNotBe(0, SENT).values()).containsOnly(0.0);
    }

    @Test
    void aMessageWithoutAReadableStampCountsAsOtherBytes() {
        assertThat(seen(0, message(1, -1, "aa", 0)).otherThan(SENT)).isOne();
    }

    @Test
    void otherBytesAndUnsentMessagesAreCounted() {
        var seen = seen(0, message(1, 1, "cc", 0), message(2, 7, "bb", 0));

        assertThat(seen.otherThan(SENT)).isEqualTo(2);
    }

    @Test
    void anInlineDeliveryOfAReferencedMessageCountsAsOtherBytes() {
        var sent = Map.of("aa", 4_000_000L);
        var referred = seen(0, message(1, -1, "aa", 4_000_000));
        assertThat(referred.otherThan(Map.of()) + referred.otherReferences(sent)).isZero();

        var inline = seen(0, message(1, 1, "aa", 0));
        assertThat(inline.otherThan(Map.of()) + inline.otherReferences(sent)).isOne();
        var other = seen(0, message(1, -1, "aa", 3_999_999));
        assertThat(other.otherThan(Map.of()) + other.otherReferences(sent)).isOne();
    }

    @Test
    void endedConnectionsAreFaults() {
        assertThat(seen(3, message(1, 1, "aa", 0)).mustNotBe(5, SENT))
                .containsEntry("faults", 3.0)
                .containsEntry("lost", 5.0);
    }

    @Test
    void withoutDeliveriesThereIsNoLastReceipt() {
        assertThat(seen(0).lastReceiptMillis()).isEmpty();
        assertThat(seen(0, message(1, 1, "aa", 0)).lastReceiptMillis()).hasValue(2e-6);
    }

    @Test
    void aRatioNeedsBothValues() {
        var fields = new LinkedHashMap<String, Double>(Map.of("alone", 2.0));
        LoadMode.ratio(fields, "ratio", "beside", "alone");
        assertThat(fields).doesNotContainKey("ratio");

        fields.put("beside", 3.0);
        LoadMode.ratio(fields, "ratio", "beside", "alone");
        assertThat(fields).containsEntry("ratio", 1.5);
    }
}
