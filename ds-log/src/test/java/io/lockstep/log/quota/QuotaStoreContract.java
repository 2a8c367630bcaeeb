package io.lockstep.log.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/// What every [QuotaStore] does. The Redis implementation's clock cannot be stopped, so a debt may
/// be somewhat smaller than what was charged.
public interface QuotaStoreContract {
    Duration PATIENCE = Duration.ofSeconds(10);

    /// Stores of several nodes with the same accounts.
    List<QuotaStore> nodes();

    /// Moves the clock of all of them.
    void advance(Duration time);

    private QuotaStore node() {
        return nodes().getFirst();
    }

    private static Bytes account(String name) {
        return Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)).sha256().slice(0, 16);
    }

    private static Map<QuotaMeasure, Duration> charge(
            QuotaStore node, String account, Map<QuotaMeasure, Duration> charges) {
        return Objects.requireNonNull(node.charge(account(account), charges).block(PATIENCE));
    }

    private static void assertOwes(
            Map<QuotaMeasure, Duration> debts, QuotaMeasure measure, Duration debt) {
        assertThat(debts).containsKey(measure);
        assertThat(debts.get(measure)).isCloseTo(debt, Duration.ofSeconds(5));
    }

    @Test
    default void anAccountThatWasNeverChargedOwesNothing() {
        assertThat(charge(node(), "never", Map.of())).isEmpty();
    }

    @Test
    default void chargesAddUpOverAllNodesByMeasure() {
        charge(nodes().getFirst(), "sum", Map.of(QuotaMeasure.BYTES, Duration.ofMinutes(1)));
        charge(
                nodes().getLast(),
                "sum",
                Map.of(
                        QuotaMeasure.BYTES, Duration.ofMinutes(2),
                        QuotaMeasure.ENTRIES, Duration.ofDays(366)));
        for (var node : nodes()) {
            var debts = charge(node, "sum", Map.of());
            assertThat(debts).hasSize(2);
            assertOwes(debts, QuotaMeasure.BYTES, Duration.ofMinutes(3));
            assertOwes(debts, QuotaMeasure.ENTRIES, Duration.ofDays(366));
        }
        assertThat(charge(node(), "another", Map.of())).isEmpty();
    }

    @Test
    default void aDebtIsPaidAsTimePassesAndIsThenForgotten() {
        charge(node(), "paid", Map.of(QuotaMeasure.BYTES, Duration.ofHours(2)));
        charge(node(), "paid", Map.of(QuotaMeasure.ENTRIES, Duration.ofHours(1)));
        advance(Duration.ofMinutes(90));
        var debts = charge(node(), "paid", Map.of());
        assertThat(debts).containsOnlyKeys(QuotaMeasure.BYTES);
        assertOwes(debts, QuotaMeasure.BYTES, Duration.ofMinutes(30));
        advance(Duration.ofMinutes(31));
        assertThat(charge(node(), "paid", Map.of())).isEmpty();
        assertOwes(
                charge(node(), "paid", Map.of(QuotaMeasure.BYTES, Duration.ofMinutes(1))),
                QuotaMeasure.BYTES,
                Duration.ofMinutes(1));
    }

    @Test
    default void manySmallChargesAtOnceAreAllCounted() {
        Flux.range(0, 1_000)
                .flatMap(i ->
                        nodes().get(i % nodes().size())
                                .charge(
                                        account("many"),
                                        Map.of(QuotaMeasure.MESSAGES, Duration.ofMillis(60_001))))
                .blockLast(PATIENCE);
        assertOwes(
                charge(node(), "many", Map.of()),
                QuotaMeasure.MESSAGES,
                Duration.ofSeconds(60_001));
    }
}
