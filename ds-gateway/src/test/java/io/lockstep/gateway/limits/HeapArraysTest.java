package io.lockstep.gateway.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// Bodies of 1 MiB occupied twice the heap that was counted for them.
final class HeapArraysTest {
    private static final long REGION = 1 << 20;

    @Test
    void shortArraysTakeTheirLength() {
        assertThat(HeapArrays.bytes(0, REGION)).isZero();
        assertThat(HeapArrays.bytes(1_000, REGION)).isEqualTo(1_000);
        assertThat(HeapArrays.bytes(REGION / 2 - 16, REGION)).isEqualTo(REGION / 2 - 16);
    }

    @Test
    void longArraysTakeWholeRegions() {
        assertThat(HeapArrays.bytes(REGION / 2, REGION)).isEqualTo(REGION);
        assertThat(HeapArrays.bytes(REGION - 16, REGION)).isEqualTo(REGION);
        assertThat(HeapArrays.bytes(REGION, REGION)).isEqualTo(2 * REGION);
        assertThat(HeapArrays.bytes(8 * REGION, REGION)).isEqualTo(9 * REGION);
    }

    @Test
    void withoutRegionsAnArrayTakesItsLength() {
        assertThat(HeapArrays.bytes(REGION, 0)).isEqualTo(REGION);
    }

    /// With half a region more, the longest body would not fit the share.
    @Test
    void theLongestBodyFitsIntoTheShareOfAUser() {
        var limits = GatewayLimits.Http.DEFAULT;
        var account = limits.bodies().open(ByteBudget.Holder.of("alice"), () -> {});
        assertThat(account.hold(HeapArrays.bytes(BlobLimits.DEFAULT.blobBytesMax()))).isTrue();
    }
}
