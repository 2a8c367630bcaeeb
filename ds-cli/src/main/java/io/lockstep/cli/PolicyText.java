package io.lockstep.cli;

import io.lockstep.wire.proto.ExternalJoin;
import io.lockstep.wire.proto.GroupPolicy;
import io.lockstep.wire.proto.PolicyRight;
import io.lockstep.wire.proto.ReinitRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A policy as `rule=value`, as a user types and reads it.
final class PolicyText {
    private static final String EXTERNAL_JOIN = "EXTERNAL_JOIN_";
    private static final String REINIT = "REINIT_";
    private static final String CHANGE = "POLICY_";

    private PolicyText() {}

    static String line(GroupPolicy policy) {
        return String.join(" ", lines(policy));
    }

    /// @param policy a whole one
    static List<String> lines(GroupPolicy policy) {
        var lines = new ArrayList<String>();
        lines.add("past_epochs=" + Integer.toUnsignedString(policy.getPastEpochs()));
        lines.add("external_join=" + word(policy.getExternalJoin().name(), EXTERNAL_JOIN));
        lines.add("retention_seconds=" + policy.getRetentionSeconds());
        if (policy.hasRetentionBytes()) {
            lines.add("retention_bytes=" + policy.getRetentionBytes());
        }
        lines.add("void_after=" + Integer.toUnsignedString(policy.getVoidAfter()));
        lines.add("reinit=" + word(policy.getReinit().name(), REINIT));
        lines.add("change=" + word(policy.getChange().name(), CHANGE));
        return lines;
    }

    /// @throws CommandFailure if a rule is unknown, or its value has another form
    static GroupPolicy parse(List<String> rules) {
        var policy = GroupPolicy.newBuilder();
        for (var rule : rules) {
            int equals = rule.indexOf('=');
            var value = rule.substring(equals + 1);
            switch (rule.substring(0, Math.max(equals, 0))) {
                case "past_epochs" -> policy.setPastEpochs(small(rule, value));
                case "external_join" ->
                        policy.setExternalJoin(one(rule, value, EXTERNAL_JOIN, ExternalJoin.class));
                case "retention_seconds" -> policy.setRetentionSeconds(number(rule, value));
                case "retention_bytes" -> policy.setRetentionBytes(number(rule, value));
                case "void_after" -> policy.setVoidAfter(small(rule, value));
                case "reinit" -> policy.setReinit(one(rule, value, REINIT, ReinitRule.class));
                case "change" -> policy.setChange(one(rule, value, CHANGE, PolicyRight.class));
                default ->
                        throw new CommandFailure(
                                (equals < 0 ? "not of the form RULE=VALUE: " : "no such rule: ")
                                        + rule);
            }
        }
        return policy.build();
    }

    private static int small(String rule, String value) {
        return (int) number(rule, value, 9);
    }

    private static long number(String rule, String value) {
        return number(rule, value, 18);
    }

    private static long number(String rule, String value, int digitsMax) {
        if (!value.matches("[0-9]{1," + digitsMax + "}")) {
            throw new CommandFailure(
                    "not a number of at most %d digits: %s".formatted(digitsMax, rule));
        }
        return Long.parseLong(value);
    }

    private static <E extends Enum<E>> E one(
            String rule, String value, String prefix, Class<E> type) {
        for (var constant : type.getEnumConstants()) {
            // Not UNRECOGNIZED, which has another prefix.
            if (constant.name().startsWith(prefix)
                    && !constant.name().endsWith("UNSPECIFIED")
                    && word(constant.name(), prefix).equals(value)) {
                return constant;
            }
        }
        throw new CommandFailure("unknown value, lockstep group policy --help lists them: " + rule);
    }

    private static String word(String name, String prefix) {
        return name.replace(prefix, "").toLowerCase(Locale.ROOT);
    }
}
