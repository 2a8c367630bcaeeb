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

    @Test
    void anOutletThatFailsInItsTurnCostsNobodyElseWhatWasRead() {
        try (var world = new World()) {
            world.append(20);
            world.log.slowReads = true;
            var outlets = new ArrayList<FakeOutlet>();
            for (int i = 0; i < 3; i++) {
                outlets.add(world.attached());
            }
            world.holdReads();
            outlets.getFirst().broken = true;
            world.log.slowReads = false;
            world.log.answerNext(0);
            world.run();
            assertThat(outlets.get(0).events).containsExactly("failed");
            assertThat(outlets.get(1).events).endsWith("m20", "live 20");
            assertThat(outlets.get(2).events).endsWith("m20", "live 20");
        }
    }
}
