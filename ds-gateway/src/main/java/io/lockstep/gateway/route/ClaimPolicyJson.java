package io.lockstep.gateway.route;

import io.lockstep.directory.ClaimPolicy;
import io.lockstep.gateway.http.Json;
import io.lockstep.gateway.http.RouteResponse;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// `{"allow":"anyone"|"listed"|"nobody","users":["alice"]}`
final class ClaimPolicyJson {
    private ClaimPolicyJson() {}

    static ClaimPolicy read(JsonNode object) throws RefusalException {
        var allow = allow(object.path("allow"));
        var users = new TreeSet<String>();
        if (!object.path("users").isMissingNode()) {
            users.addAll(ClaimJson.users(object, ClaimPolicy.USERS_MAX));
        }
        if (allow != ClaimPolicy.Allow.LISTED && !users.isEmpty()) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "users: only allowed if allow is listed");
        }
        return new ClaimPolicy(allow, users);
    }

    private static ClaimPolicy.Allow allow(JsonNode node) throws RefusalException {
        for (var allow : ClaimPolicy.Allow.values()) {
            if (node.isString() && node.stringValue().equals(name(allow))) {
                return allow;
            }
        }
        throw new RefusalException(
                Code.INVALID_REQUEST, "allow: expected anyone, listed or nobody");
    }

    static RouteResponse answer(ClaimPolicy policy) {
        return Json.answer(Map.of("allow", name(policy.allow()), "users", policy.users()));
    }

    private static String name(ClaimPolicy.Allow allow) {
        return allow.name().toLowerCase(Locale.ROOT);
    }
}
