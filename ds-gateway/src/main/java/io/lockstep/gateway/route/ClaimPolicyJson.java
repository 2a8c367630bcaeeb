package io.lockstep.gateway.route;

import io.lockstep.directory.ClaimPolicy;
import io.lockstep.gateway.http.HttpAnswer;
import io.lockstep.gateway.http.InvalidBodyException;
import io.lockstep.gateway.http.Json;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// `{"allow":"anyone"|"listed"|"nobody","users":["alice"]}`
final class ClaimPolicyJson {
    private ClaimPolicyJson() {}

    static ClaimPolicy read(JsonNode object) throws InvalidBodyException {
        var allow = allow(object.path("allow"));
        var users = new TreeSet<String>();
        if (!object.path("users").isMissingNode()) {
            users.addAll(ClaimJson.users(object, ClaimPolicy.USERS_MAX));
        }
        if (allow != ClaimPolicy.Allow.LISTED && !users.isEmpty()) {
            throw new InvalidBodyException("users: only where listed ones may claim");
        }
        return new ClaimPolicy(allow, users);
    }

    private static ClaimPolicy.Allow allow(JsonNode node) throws InvalidBodyException {
        for (var allow : ClaimPolicy.Allow.values()) {
            if (node.isString() && node.stringValue().equals(name(allow))) {
                return allow;
            }
        }
        throw new InvalidBodyException("allow: anyone, listed or nobody");
    }

    static HttpAnswer answer(ClaimPolicy policy) {
        return Json.answer(Map.of("allow", name(policy.allow()), "users", policy.users()));
    }

    private static String name(ClaimPolicy.Allow allow) {
        return allow.name().toLowerCase(Locale.ROOT);
    }
}
