package io.lockstep.directory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

class FairExecutorTest {
    /// Bug: sixteen uploads of one user were queued before one of another user, which waited for
    /// 15.6 s.
    @Test
    void aUserWithOneTaskWaitsForOneTaskOfTheOthers() {
        var due = new ArrayDeque<Runnable>();
        var queue = new FairExecutor(Schedulers.fromExecutor(due::add), 1);
        var done = new ArrayList<String>();
        for (int i = 0; i < 16; i++) {
            var name = "mallory " + i;
            queue.run("mallory", () -> done.add(name)).subscribe();
        }
        queue.run("alice", () -> done.add("alice")).subscribe();
        while (!due.isEmpty()) {
            due.removeFirst().run();
        }
        assertThat(done).hasSize(17);
        assertThat(done.indexOf("alice")).isLessThanOrEqualTo(2);
    }

    @Test
    void aTaskThatFailsIsAnsweredAndTheNextGoesOn() {
        var due = new ArrayDeque<Runnable>();
        var queue = new FairExecutor(Schedulers.fromExecutor(due::add), 1);
        var done = new ArrayList<String>();
        queue.run(
                        "alice",
                        () -> {
                            throw new IllegalStateException("of the test");
                        })
                .subscribe(_ -> {}, error -> done.add("failed"));
        queue.run("alice", () -> done.add("next")).subscribe();
        while (!due.isEmpty()) {
            due.removeFirst().run();
        }
        assertThat(done).containsExactly("failed", "next");
    }
}
