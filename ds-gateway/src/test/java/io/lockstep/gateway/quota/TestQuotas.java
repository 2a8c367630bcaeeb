package io.lockstep.gateway.quota;

import io.lockstep.gateway.limits.QuotaBudget;
import io.lockstep.gateway.limits.QuotaLimits;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/// Quotas of which all but the named ones are unlimited.
public final class TestQuotas {
    private final Map<String, QuotaBudget> budgets = new LinkedHashMap<>();

    private TestQuotas() {
        for (var component : QuotaLimits.class.getRecordComponents()) {
            budgets.put(component.getName(), QuotaBudget.UNLIMITED);
        }
    }

    public static TestQuotas none() {
        return new TestQuotas();
    }

    private TestQuotas with(String component, long amount, Duration period) {
        budgets.put(component, new QuotaBudget(amount, period));
        return this;
    }

    public TestQuotas userEntries(long amount, Duration period) {
        return with("userEntries", amount, period);
    }

    public TestQuotas userBytes(long amount, Duration period) {
        return with("userBytes", amount, period);
    }

    public TestQuotas userGroups(long amount, Duration period) {
        return with("userGroups", amount, period);
    }

    public TestQuotas userUploadBytes(long amount, Duration period) {
        return with("userUploadBytes", amount, period);
    }

    public TestQuotas groupMessages(long amount, Duration period) {
        return with("groupMessages", amount, period);
    }

    public TestQuotas allMessages(long amount, Duration period) {
        return with("allMessages", amount, period);
    }

    public TestQuotas clientMemberships(long amount, Duration period) {
        return with("clientMemberships", amount, period);
    }

    public QuotaLimits limits() {
        try {
            var types =
                    Arrays.stream(QuotaLimits.class.getRecordComponents())
                            .map(component -> (Class<?>) component.getType())
                            .toArray(Class<?>[]::new);
            return QuotaLimits.class
                    .getDeclaredConstructor(types)
                    .newInstance(budgets.values().toArray());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the constructor of quotas", e);
        }
    }
}
