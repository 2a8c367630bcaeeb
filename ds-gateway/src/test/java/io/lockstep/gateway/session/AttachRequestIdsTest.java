package io.lockstep.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.util.HashMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AttachRequestIdsTest {
    private static GroupId group(int number) {
        return new GroupId(Bytes.wrap(new byte[] {(byte) number}));
    }

    @Test
    void itBehavesAsAMapWithOneAndManyGroups() {
        long seed = System.nanoTime();
        var random = new SplittableRandom(seed);
        var requests = new AttachRequestIds();
        var expected = new HashMap<GroupId, Long>();
        for (int step = 0; step < 2_000; step++) {
            var group = group(random.nextInt(step < 200 ? 1 : 4));
            switch (random.nextInt(3)) {
                case 0 -> {
                    long request = random.nextLong(1_000);
                    requests.put(group, request);
                    expected.put(group, request);
                }
                case 1 -> {
                    var request = expected.remove(group);
                    assertThat(requests.remove(group))
                            .as("seed %d, step %d", seed, step)
                            .isEqualTo(request == null ? 0 : request);
                }
                default -> requests.share(group);
            }
            assertThat(requests.size()).as("seed %d", seed).isEqualTo(expected.size());
            for (int i = 0; i < 4; i++) {
                assertThat(requests.contains(group(i)))
                        .as("seed %d, step %d, group %d", seed, step, i)
                        .isEqualTo(expected.containsKey(group(i)));
            }
        }
    }
}
