package io.lockstep.gateway.quota;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Postponement;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.gateway.limits.QuotaLimits;
import io.lockstep.gateway.quota.QuotaUse.UseKind;
import io.lockstep.log.CallEffect;
import io.lockstep.log.memory.MemoryQuotaStore;
import io.lockstep.log.quota.QuotaStore;
import io.lockstep.log.quota.QuotaUnavailableException;
import io.lockstep.ordering.Submission;
import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.frame.EntryKind;
import io.lockstep.wire.mls.GroupId;
import io.lockstep.wire.mls.MlsBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// Two nodes with one store, on virtual time.
class QuotasTest {
    private static final ClientId ALICE = new ClientId("alice", "phone");
    private static final ClientId BOB = new ClientId("bob", "phone");
    private static final GroupId GROUP = MlsBytes.group("quota");
    private static final GroupId OTHER = MlsBytes.group("other");
    private static final QuotaUse MESSAGE = new QuotaUse(UseKind.MESSAGE, 100);

    private final AtomicLong nanos = new AtomicLong();
    private final AtomicBoolean failing = new AtomicBoolean();
    private final Pseudonyms pseudonyms =
            new Pseudonyms(DeploymentKey.of(Bytes.wrap(new byte[DeploymentKey.BYTES])));
    private final MemoryQuotaStore memory =
            new MemoryQuotaStore(() -> Instant.EPOCH.plusNanos(nanos.get()));
    private final QuotaStore store =
            (account, charges) ->
                    failing.get()
                            ? Mono.error(
                                    new QuotaUnavailableException(CallEffect.NOT_EXECUTED, null))
                            : memory.charge(account, charges);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

    private Quotas node(QuotaLimits limits) {
        return new Quotas(store, pseudonyms, limits, nanos::get, meters);
    }

    private static void tick(Quotas... nodes) {
        for (var node : nodes) {
            node.settleDue().block();
        }
    }

    private void advance(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private Submission message(ClientId client, GroupId group, int bytes) {
        return new Submission.MessageSubmission(
                group,
                pseudonyms.author(group, client),
                EntryKind.APPLICATION,
                0,
                false,
                false,
                Bytes.wrap(new byte[bytes]));
    }

    private void accept(Quotas node, ClientId client, GroupId group, int count) {
        for (int i = 0; i < count; i++) {
            node.accepted(client, message(client, group, 100));
        }
    }

    private static void assertPostponed(
            Optional<Postponement> postponed, Code code, String detail) {
        assertThat(postponed).isPresent();
        assertThat(postponed.get().refusal().code()).isEqualTo(code);
        assertThat(postponed.get().refusal().detail()).contains(detail);
        assertThat(postponed.get().retryAfter()).isPositive();
    }

    @Test
    void aUserAtItsQuotaIsRefusedOnAllNodesWithinATickAndNobodyElse() {
        var limits = TestQuotas.none().userEntries(100, Duration.ofDays(1)).limits();
        var one = node(limits);
        var two = node(limits);
        accept(one, ALICE, GROUP, 100);
        assertPostponed(
                one.ofSender(ALICE, MESSAGE), Code.QUOTA_EXCEEDED, "this user for stored messages");
        assertThat(two.ofSender(ALICE, MESSAGE)).as("not settled yet").isEmpty();
        accept(two, ALICE, GROUP, 1);
        tick(one, two);
        assertPostponed(
                two.ofSender(new ClientId("alice", "tablet"), MESSAGE),
                Code.QUOTA_EXCEEDED,
                "this user");
        for (var node : List.of(one, two)) {
            assertThat(node.ofSender(BOB, MESSAGE)).isEmpty();
            assertThat(node.ofGroup(GROUP, MESSAGE)).isEmpty();
        }
        // A hundredth of a day for each.
        advance(Duration.ofDays(2).dividedBy(100));
        assertThat(two.ofSender(ALICE, MESSAGE)).isEmpty();
    }

    @Test
    void nodesTogetherAdmitAtMostASliceEachBeyondTheQuota() {
        var limits = TestQuotas.none().userEntries(10_000, Duration.ofDays(30)).limits();
        var nodes = List.of(node(limits), node(limits), node(limits));
        int admitted = 0;
        for (int round = 0; round < 10_000; round++) {
            for (var node : nodes) {
                // Ten in a tick.
                for (int i = 0; i < 10; i++) {
                    if (node.ofSender(ALICE, MESSAGE).isEmpty()) {
                        accept(node, ALICE, GROUP, 1);
                        admitted++;
                    }
                }
            }
            tick(nodes.toArray(Quotas[]::new));
            if (nodes.stream().allMatch(node -> node.ofSender(ALICE, MESSAGE).isPresent())) {
                break;
            }
        }
        assertThat(admitted).isBetween(10_000, 10_000 + nodes.size() * (10_000 / 100 + 10));
    }

    @Test
    void aGroupAtItsRateLeavesOtherGroupsAndItsMembersAlone() {
        var node = node(TestQuotas.none().groupMessages(5, Duration.ofSeconds(5)).limits());
        accept(node, ALICE, GROUP, 5);
        assertPostponed(
                node.ofGroup(GROUP, MESSAGE),
                Code.RATE_LIMITED,
                "this group for messages a second");
        assertThat(node.ofGroup(OTHER, MESSAGE)).isEmpty();
        assertThat(node.ofSender(ALICE, MESSAGE)).isEmpty();
        tick(node);
        advance(Duration.ofSeconds(1));
        assertThat(node.ofGroup(GROUP, MESSAGE)).isEmpty();
    }

    @Test
    void bytesOfOneLongMessageCount() {
        var node = node(TestQuotas.none().userBytes(1_000, Duration.ofDays(1)).limits());
        node.accepted(ALICE, message(ALICE, GROUP, 950));
        assertPostponed(
                node.ofSender(ALICE, MESSAGE), Code.QUOTA_EXCEEDED, "this user for stored bytes");
        assertThat(node.ofSender(ALICE, new QuotaUse(UseKind.MESSAGE, 50))).isEmpty();
        assertThat(node.ofSender(ALICE, new QuotaUse(UseKind.EPHEMERAL_MESSAGE, 100))).isEmpty();
    }

    @Test
    void theDeploymentCanHaveAQuota() {
        var node = node(TestQuotas.none().allMessages(3, Duration.ofMinutes(1)).limits());
        accept(node, ALICE, GROUP, 2);
        accept(node, BOB, OTHER, 1);
        assertPostponed(node.ofSender(BOB, MESSAGE), Code.RATE_LIMITED, "this service");
    }

    @Test
    void membershipsAreCountedAtTheStore() {
        var node = node(TestQuotas.none().clientMemberships(2, Duration.ofDays(90)).limits());
        assertThat(node.withoutMemberships(Set.of(ALICE, BOB)).block()).isEmpty();
        node.joined(Set.of(ALICE, BOB));
        node.joined(Set.of(ALICE));
        assertThat(node.withoutMemberships(Set.of(ALICE, BOB)).block()).containsExactly(ALICE);
        advance(Duration.ofDays(46));
        assertThat(node.withoutMemberships(Set.of(ALICE, BOB)).block()).isEmpty();
    }

    @Test
    void uploadsAreCountedForTheUser() {
        var node = node(TestQuotas.none().userUploadBytes(1_000, Duration.ofHours(1)).limits());
        node.uploaded(ALICE, 900);
        assertThat(node.ofUpload(ALICE, 100)).isEmpty();
        assertPostponed(node.ofUpload(ALICE, 101), Code.QUOTA_EXCEEDED, "uploaded bytes");
        assertThat(node.ofUpload(BOB, 1_000)).isEmpty();
    }

    @Test
    void aStoreThatDoesNotAnswerRefusesNothingAndIsChargedLater() {
        var limits = TestQuotas.none().userEntries(100, Duration.ofDays(1)).limits();
        var one = node(limits);
        failing.set(true);
        accept(one, ALICE, GROUP, 99);
        tick(one);
        assertThat(one.ofSender(ALICE, MESSAGE)).isEmpty();
        assertThat(one.withoutMemberships(Set.of(ALICE)).block()).isEmpty();
        failing.set(false);
        one.settleAll().block();
        var two = node(limits);
        tick(two);
        assertThat(two.ofSender(ALICE, MESSAGE)).isEmpty();
        accept(two, ALICE, GROUP, 1);
        tick(two);
        assertPostponed(two.ofSender(ALICE, MESSAGE), Code.QUOTA_EXCEEDED, "this user");
    }

    @Test
    void whatWasNotAcceptedOpensNoAccount() {
        var node = node(TestQuotas.none().groupMessages(5, Duration.ofSeconds(5)).limits());
        assertThat(node.ofGroup(GROUP, MESSAGE)).isEmpty();
        assertThat(meters.get("lockstep.quota.accounts").gauge().value()).isZero();
        accept(node, ALICE, GROUP, 1);
        assertThat(meters.get("lockstep.quota.accounts").gauge().value()).isOne();
    }

    /// The node forgets accounts, the store does not.
    @Test
    void aNodeHoldsABoundedNumberOfAccounts() {
        var limits = TestQuotas.none().userEntries(100, Duration.ofDays(1)).limits();
        var node = node(limits);
        accept(node, ALICE, GROUP, 100);
        for (int i = 0; i < 3 * QuotaLedger.ACCOUNTS_MAX; i++) {
            node.accepted(
                    new ClientId("u" + i, "phone"),
                    message(new ClientId("u" + i, "phone"), GROUP, 100));
        }
        assertThat(meters.get("lockstep.quota.accounts").gauge().value())
                .isLessThanOrEqualTo(QuotaLedger.ACCOUNTS_MAX);
        var other = node(limits);
        accept(other, ALICE, GROUP, 1);
        tick(node, other);
        assertPostponed(other.ofSender(ALICE, MESSAGE), Code.QUOTA_EXCEEDED, "this user");
    }
}
