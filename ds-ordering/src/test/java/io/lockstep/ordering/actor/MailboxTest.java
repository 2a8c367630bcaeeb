package io.lockstep.ordering.actor;

import static io.lockstep.ordering.actor.TestAuthors.ALICE;
import static io.lockstep.ordering.actor.TestAuthors.BOB;
import static io.lockstep.ordering.actor.TestAuthors.BOBS_LAPTOP;
import static io.lockstep.ordering.actor.TestAuthors.GROUP;
import static io.lockstep.ordering.actor.TestAuthors.application;
import static io.lockstep.ordering.actor.TestAuthors.author;
import static io.lockstep.ordering.actor.TestAuthors.creation;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.ordering.Author;
import org.junit.jupiter.api.Test;

class MailboxTest {
    private final Mailbox mailbox = new Mailbox(ActorHarness.limits(8, 4, 10));

    private static PendingSubmission pending(String text) {
        return mailOf(author(text, text), text);
    }

    private static PendingSubmission mailOf(Author author, String text) {
        return new PendingSubmission(application(author, 0, text), 0);
    }

    @Test
    void firstMailWakesAndTheRestWaits() {
        assertThat(mailbox.isIdle()).isTrue();
        assertThat(mailbox.offer(pending("1"))).isEqualTo(Mailbox.OfferResult.ACCEPTED_WAKE);
        assertThat(mailbox.offer(pending("2"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
        assertThat(mailbox.take()).hasSize(2);
        assertThat(mailbox.done()).as("nothing came meanwhile").isFalse();
        assertThat(mailbox.isIdle()).isTrue();
    }

    @Test
    void mailThatArrivesDuringADrainIsDrainedAfterIt() {
        mailbox.offer(pending("1"));
        mailbox.take();
        assertThat(mailbox.offer(pending("2"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
        assertThat(mailbox.done()).isTrue();
        assertThat(mailbox.take()).hasSize(1);
        assertThat(mailbox.done()).isFalse();
    }

    @Test
    void batchLeavesTheRestForTheNext() {
        for (int i = 0; i < 6; i++) {
            mailbox.offer(pending("m" + i));
        }
        assertThat(mailbox.take()).hasSize(4);
        assertThat(mailbox.done()).isTrue();
        assertThat(mailbox.take()).hasSize(2);
        assertThat(mailbox.done()).isFalse();
    }

    @Test
    void createIsABatchOfItsOwn() {
        mailbox.offer(pending("1"));
        mailbox.offer(new PendingSubmission(creation(GROUP, ALICE), 0));
        mailbox.offer(new PendingSubmission(creation(GROUP, ALICE), 0));
        mailbox.offer(pending("2"));
        for (int expected = 0; expected < 4; expected++) {
            assertThat(mailbox.take()).hasSize(1);
            assertThat(mailbox.done()).isEqualTo(expected < 3);
        }
    }

    @Test
    void fullMailboxAcceptsMailAgainAfterADrain() {
        for (int i = 0; i < 8; i++) {
            assertThat(mailbox.offer(pending("m" + i))).isNotEqualTo(Mailbox.OfferResult.FULL);
        }
        assertThat(mailbox.offer(pending("m8"))).isEqualTo(Mailbox.OfferResult.FULL);
        mailbox.take();
        assertThat(mailbox.offer(pending("m8"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
    }

    // PROTOCOL R-RATE-4
    /// One client used to fill the group's mailbox, and no other could submit.
    @Test
    void oneUserTakesHalfTheRoomAndLeavesTheRestToOthers() {
        for (int i = 0; i < 4; i++) {
            assertThat(mailbox.offer(mailOf(BOB, "a" + i)))
                    .isNotIn(Mailbox.OfferResult.FULL, Mailbox.OfferResult.USER_BACKLOG_FULL);
        }
        assertThat(mailbox.offer(mailOf(BOB, "a4")))
                .isEqualTo(Mailbox.OfferResult.USER_BACKLOG_FULL);
        assertThat(mailbox.offer(mailOf(BOBS_LAPTOP, "a5")))
                .as("another device of the same user")
                .isEqualTo(Mailbox.OfferResult.USER_BACKLOG_FULL);
        assertThat(mailbox.offer(mailOf(ALICE, "b0"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
        assertThat(mailbox.offer(mailOf(ALICE, "b1"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
        assertThat(mailbox.offer(mailOf(ALICE, "b2")))
                .isEqualTo(Mailbox.OfferResult.USER_BACKLOG_FULL);
        assertThat(mailbox.offer(pending("c0"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);

        mailbox.take();
        assertThat(mailbox.offer(mailOf(BOB, "a6"))).isEqualTo(Mailbox.OfferResult.ACCEPTED);
    }

    @Test
    void overdueMailIsTakenOutInOrder() {
        mailbox.offer(pending("at work"));
        mailbox.take();
        mailbox.offer(new PendingSubmission(application(ALICE, 0, "early"), 10));
        mailbox.offer(new PendingSubmission(application(ALICE, 0, "late"), 30));

        assertThat(mailbox.takeOverdue(9)).isEmpty();
        assertThat(mailbox.takeOverdue(20)).hasSize(1);
        assertThat(mailbox.takeOverdue(30)).hasSize(1);
        assertThat(mailbox.done()).isFalse();
        assertThat(mailbox.isIdle()).isTrue();
    }

    @Test
    void drainThatIsScheduledTwiceTakesNothingTheSecondTime() {
        mailbox.offer(pending("1"));
        assertThat(mailbox.take()).hasSize(1);
        mailbox.offer(pending("2"));
        assertThat(mailbox.take()).as("a batch is at work").isEmpty();
    }

    @Test
    void onlyAnIdleMailboxIsClosedAndThenAcceptsNothing() {
        mailbox.offer(pending("1"));
        assertThat(mailbox.evict("test")).isFalse();
        mailbox.take();
        assertThat(mailbox.evict("test")).isFalse();
        mailbox.done();
        assertThat(mailbox.evict("test")).isTrue();
        assertThat(mailbox.offer(pending("2"))).isEqualTo(Mailbox.OfferResult.GONE);
    }

    @Test
    void everythingCanBeTakenAtOnce() {
        for (int i = 0; i < 6; i++) {
            mailbox.offer(pending("m" + i));
        }
        mailbox.take();
        assertThat(mailbox.takeAll()).hasSize(2);
        assertThat(mailbox.done()).isFalse();
        assertThat(mailbox.isIdle()).isTrue();
    }
}
