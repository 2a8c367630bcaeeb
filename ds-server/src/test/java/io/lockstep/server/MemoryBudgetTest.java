package io.lockstep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lockstep.fanout.FanoutLimits;
import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.gateway.limits.GatewayLimits;
import io.lockstep.gateway.limits.ReceiveLimits;
import io.lockstep.gateway.limits.SessionLimits;
import io.lockstep.ordering.actor.OrderingLimits;
import io.lockstep.server.MemoryBudget.Cost;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryBudgetTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    /// Half of the machine for the heap, as the launcher sets it.
    private static MemoryBudget half(long machine, Cost each) {
        return new MemoryBudget(machine / 2, machine / 2, machine, 2 * MIB, each);
    }

    @Test
    void onALargeMachineEverythingHasItsDefault() {
        var budget = half(16 * GIB, Cost.BORINGSSL);

        assertThat(budget.fanout()).isEqualTo(FanoutLimits.DEFAULT);
        assertThat(budget.blobs()).isEqualTo(BlobLimits.DEFAULT);
        assertThat(budget.http()).isEqualTo(GatewayLimits.Http.DEFAULT);
        assertThat(budget.ordering()).isEqualTo(OrderingLimits.DEFAULT);
        assertThat(budget.connections(0)).isEqualTo(100_000);
    }

    @Test
    void aMachineOfTwoGibibytesHoldsTensOfThousandsOfConnections() {
        assertThat(half(2 * GIB, Cost.PLAIN).connections(0)).isBetween(50_000, 99_999);
        assertThat(half(2 * GIB, Cost.BORINGSSL).connections(0)).isBetween(20_000, 50_000);
        assertThat(half(2 * GIB, Cost.JDK).connections(0)).isBetween(5_000, 20_000);
    }

    @Test
    void theSmallestMachineHoldsHundredsOfConnections() {
        assertThat(half(640 * MIB, Cost.PLAIN).connections(0)).isGreaterThan(500);
        assertThat(half(640 * MIB, Cost.BORINGSSL).connections(0)).isGreaterThan(200);
        assertThat(half(GIB, Cost.BORINGSSL).connections(0)).isGreaterThan(5_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {320, 350, 512, 1_000, 2_048, 5_000, 30_000})
    void whatIsSharedOutIsNeverMoreThanThereIs(long heapMebibytes) {
        long heap = heapMebibytes * MIB;
        for (var each : new Cost[] {Cost.PLAIN, Cost.BORINGSSL, Cost.JDK}) {
            var budget = half(2 * heap, each);
            long connections = budget.connections(0);
            long fixed =
                    32 * MIB
                            + budget.http().bodyBytesTotalMax()
                            + budget.blobs().bytesMax()
                            + budget.ordering().queuedBytesMax()
                            + budget.ordering().residentBytesMax()
                            + budget.fanout().ringsBytesMax()
                            + budget.fanout().readBytesMax()
                            + receive(budget).unauthenticatedBytesMax()
                            + (long) budget.handshakes() * each.handshakeHeap();
            int stuck = (int) Math.max(64, connections / 100);
            long buffers =
                    budget.fanout().worstCaseBytes(stuck)
                            + budget.tlsRecords()
                            + receive(budget).unauthenticatedBytesMax()
                            + receive(budget).sessionsBytesMax();
            assertThat(connections).isPositive();
            assertThat(fixed + connections * each.heap()).isLessThanOrEqualTo(heap / 8 * 7);
            assertThat(buffers).isLessThanOrEqualTo(budget.direct() / 8 * 7);
            // The JVM itself needs memory too.
            long outside =
                    connections * each.outside()
                            + (long) budget.handshakes() * each.handshakeOutside();
            assertThat(heap + buffers + outside + 160 * MIB).isLessThanOrEqualTo(2 * heap / 8 * 7);
        }
    }

    private static ReceiveLimits receive(MemoryBudget budget) {
        return budget.receive(SessionLimits.DEFAULT.frameBytesMax());
    }

    @Test
    void itsDescriptionListsUnauthenticatedConnectionsHandshakesAndBodies() {
        var lines = String.join("\n", half(2 * GIB, Cost.BORINGSSL).description(1_000));

        assertThat(lines)
                .contains(
                        "heap 1024 MiB: bodies ",
                        "unfinished messages 32 MiB",
                        "unauthenticated connections 16 MiB")
                .contains("1000 connections", "at a time not authenticated");
    }

    @Test
    void aFrameSizeThatDoesNotFitIsReported() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> half(2 * GIB, Cost.PLAIN).receive(64 << 20))
                .withMessageContainingAll("frame-bytes-max 67108864", "-XX:MaxDirectMemorySize");
    }

    /// With 300 files and 500 clients, traffic continued and the operations port did not answer.
    @Test
    void connectionsLeaveFilesForTheRest() {
        assertThat(new FileDescriptors(300).connections(10_000, 0)).isEqualTo(76);
        assertThat(new FileDescriptors(1 << 20).connections(10_000, 0)).isEqualTo(10_000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FileDescriptors(1_024).connections(10_000, 1_000))
                .withMessageContainingAll("connections-max 1000", "lower it to 800", "ulimit -n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FileDescriptors(100).connections(10_000, 0))
                .withMessageContainingAll("ulimit -n");
    }

    @Test
    void oneSubmissionOneBodyAndOneBlobAlwaysFit() {
        var budget = new MemoryBudget(16 * MIB, 16 * MIB, GIB, 0, Cost.PLAIN);

        assertThat(budget.ordering().queuedBytesMax())
                .isEqualTo(OrderingLimits.DEFAULT.mailboxBytesMax());
        assertThat(budget.http().bodyBytesTotalMax())
                .isEqualTo(GatewayLimits.Http.DEFAULT.bodyBytesMax());
        assertThat(budget.blobs().fetchesMax()).isEqualTo(1);
    }

    @Test
    void littleDirectMemoryLimitsConnectionsInsteadOfRefusingToStart() {
        var budget = new MemoryBudget(8 * GIB, 128 * MIB, 32 * GIB, 0, Cost.PLAIN);
        int most = budget.connections(0);

        assertThat(most).isBetween(10_000, 99_999);
        assertThat(budget.connections(most)).isEqualTo(most);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> budget.connections(most + 1))
                .withMessageContainingAll(
                        "direct memory of 128 MiB holds " + most + ",", "-XX:MaxDirectMemorySize");
    }

    @Test
    void aHeapAsLargeAsItsMachineIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new MemoryBudget(2 * GIB, 2 * GIB, 2 * GIB, 0, Cost.PLAIN).connections(0))
                .withMessageContainingAll("a machine of 2048 MiB", "smaller heap", "-Xmx");
    }

    @Test
    void moreConnectionsThanFitAreRefusedWithTheNumberThatFits() {
        var budget = half(2 * GIB, Cost.BORINGSSL);
        int most = budget.connections(0);

        assertThat(budget.connections(most)).isEqualTo(most);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> budget.connections(most + 1))
                .withMessageContainingAll(
                        "connections-max " + (most + 1), "holds " + most + ",", "-Xmx");
    }

    @Test
    void aHeapThatHoldsNoConnectionIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> half(256 * MIB, Cost.PLAIN).connections(0))
                .withMessageContainingAll("a heap of 128 MiB", "-Xmx");
    }

    @Test
    void tooLittleDirectMemoryIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new MemoryBudget(GIB, 16 * MIB, 4 * GIB, 0, Cost.PLAIN).connections(0))
                .withMessageContainingAll(
                        "direct memory of 16 MiB holds no connections", "-XX:MaxDirectMemorySize");
    }

    @Test
    void thisProcessHasMemoryForTheDefaults() {
        var limits = ModuleLimits.of(StartupChecksTest.settings(Map.of()));

        assertThat(limits.gateway().connections().max()).isPositive();
        var budget = MemoryBudget.ofThisProcess(Optional.of(TlsEngine.JDK), 3);
        assertThat(budget.perConnection()).isEqualTo(Cost.JDK);
        assertThat(budget.tlsRecords()).isEqualTo(3 * MIB);
        assertThat(MemoryBudget.ofThisProcess(Optional.empty(), 3).tlsRecords()).isZero();
    }

    @Test
    void aSettingThatDoesNotFitIsReportedWithItsSection() {
        var settings = StartupChecksTest.settings(Map.of("limits.connections-max", "2000000000"));

        assertThat(StartupChecks.check(settings, java.time.Clock.systemUTC()).reasons())
                .anySatisfy(reason -> assertThat(reason).startsWith("limits: connections-max"));
    }
}
