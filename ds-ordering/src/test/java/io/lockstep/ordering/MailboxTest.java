package io.lockstep.ordering;

import static io.lockstep.ordering.Persons.ALICE;
import static io.lockstep.ordering.Persons.GROUP;
import static io.lockstep.ordering.Persons.application;
import static io.lockstep.ordering.Persons.creation;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MailboxTest {
    private final Mailbox mailbox = new Mailbox(Stage.limits(8, 4, 10));

    private static Mail mail(String text) {
        return new Mail(application(ALICE, 0, text));
    }

    @Test
    void firstMailWakesAndTheRestWaits() {
        assertThat(mailbox.isIdle()).isTrue();
        assertThat(mailbox.offer(mail("1"))).isEqualTo(Mailbox.Offer.TAKEN_WAKE);
        assertThat(mailbox.offer(mail("2"))).isEqualTo(Mailbox.Offer.TAKEN);
        assertThat(mailbox.take()).hasSize(2);
        assertThat(mailbox.done()).as("nothing came meanwhile").isFalse();
        assertThat(mailbox.isIdle()).isTrue();
    }

    @Test
    void mailDuringADrainIsDrainedAfterIt() {
        mailbox.offer(mail("1"));
        mailbox.take();
        assertThat(mailbox.offer(mail("2"))).isEqualTo(Mailbox.Offer.TAKEN);
        assertThat(mailbox.done()).isTrue();
        assertThat(mailbox.take()).hasSize(1);
        assertThat(mailbox.done()).isFalse();
    }

    @Test
    void batchLeavesTheRestForTheNext() {
        for (int i = 0; i < 6; i++) {
            mailbox.offer(mail("m" + i));
        }
        assertThat(mailbox.take()).hasSize(4);
        assertThat(mailbox.done()).isTrue();
        assertThat(mailbox.take()).hasSize(2);
        assertThat(mailbox.done()).isFalse();
    }

    @Test
    void createIsABatchOfItsOwn() {
        mailbox.offer(mail("1"));
        mailbox.offer(new Mail(creation(GROUP, ALICE)));
        mailbox.offer(new Mail(creation(GROUP, ALICE)));
        mailbox.offer(mail("2"));
        for (int expected = 0; expected < 4; expected++) {
            assertThat(mailbox.take()).hasSize(1);
            assertThat(mailbox.done()).isEqualTo(expected < 3);
        }
    }

    @Test
    void fullMailboxTakesAgainOnceDrained() {
        for (int i = 0; i < 8; i++) {
            assertThat(mailbox.offer(mail("m" + i))).isNotEqualTo(Mailbox.Offer.FULL);
        }
        assertThat(mailbox.offer(mail("m8"))).isEqualTo(Mailbox.Offer.FULL);
        mailbox.take();
        assertThat(mailbox.offer(mail("m8"))).isEqualTo(Mailbox.Offer.TAKEN);
    }

    @Test
    void onlyAnIdleMailboxIsPutAwayAndThenTakesNothing() {
        mailbox.offer(mail("1"));
        assertThat(mailbox.putAway("test")).isFalse();
        mailbox.take();
        assertThat(mailbox.putAway("test")).isFalse();
        mailbox.done();
        assertThat(mailbox.putAway("test")).isTrue();
        assertThat(mailbox.offer(mail("2"))).isEqualTo(Mailbox.Offer.GONE);
    }

    @Test
    void everythingCanBeTakenAtOnce() {
        for (int i = 0; i < 6; i++) {
            mailbox.offer(mail("m" + i));
        }
        mailbox.take();
        assertThat(mailbox.takeAll()).hasSize(2);
        assertThat(mailbox.done()).isFalse();
        assertThat(mailbox.isIdle()).isTrue();
    }
}
