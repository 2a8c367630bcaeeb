package io.lockstep.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class FailingOutletTest {
    @Test
    void anOutletThatFailsCostsItsOwnSessionOnly() {
        try (var world = new World()) {
            var outlets = new ArrayList<FakeOutlet>();
            for (int i = 0; i < 20; i++) {
                outlets.add(world.attached());
            }
            outlets.get(5).duringWrite =
                    () -> {
                        throw new IllegalArgumentException("planted");
                    };
            world.append(1);
            world.run();
            world.append(1);
            world.run();
            for (int i = 0; i < 20; i++) {
                assertThat(outlets.get(i).writes).as("%d", i).hasSize(i == 5 ? 1 : 2);
            }
            assertThat(outlets.get(5).events).endsWith("failed");
            outlets.get(5).flush(); // what it did not get to
        }
    }
}
