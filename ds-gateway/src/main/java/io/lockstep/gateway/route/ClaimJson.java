package io.lockstep.gateway.route;

import io.lockstep.directory.ClaimRequest;
import io.lockstep.directory.ClaimResult.ClaimedKeyPackage;
import io.lockstep.directory.ClaimResult.MissingKeyPackage;
import io.lockstep.directory.Features;
import io.lockstep.wire.Code;
import io.lockstep.wire.RefusalException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The JSON of claims.
final class ClaimJson {
    private static final int SUITES_MAX = 16;
    private static final int VERSIONS_MAX = 4;
    private static final int TYPES_MAX = 64;
    private static final int U16_MAX = 0xffff;

    private ClaimJson() {}

    static ClaimRequest claimRequest(JsonNode request) throws RefusalException {
        var versions =
                request.path("versions").isMissingNode()
                        ? List.of(MediaVersion.MLS10)
                        : numbers(request.path("versions"), "versions", 1, 1, VERSIONS_MAX);
        // Cipher suites are compared only for MLS 1.0.
        var suites =
                request.path("suites").isMissingNode() && !versions.contains(MediaVersion.MLS10)
                        ? List.<Integer>of()
                        : numbers(request.path("suites"), "suites", 1, 1, SUITES_MAX);
        return new ClaimRequest(suites, versions, features(request.path("capabilities")));
    }

    private static Features features(JsonNode node) throws RefusalException {
        if (node.isMissingNode()) {
            return Features.NONE;
        }
        if (!node.isObject()) {
            throw new RefusalException(Code.INVALID_REQUEST, "capabilities: expected an object");
        }
        return new Features(
                new HashSet<>(types(node, "extensions")),
                new HashSet<>(types(node, "proposals")),
                new HashSet<>(types(node, "credentials")));
    }

    private static List<Integer> types(JsonNode node, String name) throws RefusalException {
        return node.path(name).isMissingNode()
                ? List.of()
                : numbers(node.path(name), name, 0, 0, TYPES_MAX);
    }

    private static List<Integer> numbers(
            JsonNode node, String name, int least, int countMin, int countMax)
            throws RefusalException {
        if (!node.isArray() || node.size() < countMin || node.size() > countMax) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, name + ": " + countMin + " to " + countMax + " numbers");
        }
        var numbers = new ArrayList<Integer>();
        for (var one : node) {
            if (!one.isIntegralNumber()
                    || !one.canConvertToInt()
                    || one.intValue() < least
                    || one.intValue() > U16_MAX) {
                throw new RefusalException(
                        Code.INVALID_REQUEST,
                        name + ": expected numbers from " + least + " to " + U16_MAX);
            }
            numbers.add(one.intValue());
        }
        return numbers;
    }

    static Optional<String> device(JsonNode request) throws RefusalException {
        var node = request.path("device");
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (!node.isString()) {
            throw new RefusalException(Code.INVALID_REQUEST, "device: expected a string");
        }
        return Optional.of(node.stringValue());
    }

    static List<String> users(JsonNode request, int countMax) throws RefusalException {
        var node = request.path("users");
        if (!node.isArray() || node.size() > countMax) {
            throw new RefusalException(
                    Code.INVALID_REQUEST, "users: at most " + countMax + " names");
        }
        var users = new ArrayList<String>();
        for (var user : node) {
            if (!user.isString()) {
                throw new RefusalException(Code.INVALID_REQUEST, "users: expected strings");
            }
            users.add(user.stringValue());
        }
        return users;
    }

    static Map<String, Object> claimed(ClaimedKeyPackage one) {
        var object = new LinkedHashMap<String, Object>();
        object.put("client", one.client().toString());
        object.put("ref", Base64Url.encode(one.ref()));
        if (one.kind().isOpaque()) {
            object.put("version", one.kind().version());
        } else {
            object.put("suite", one.kind().suite());
        }
        object.put("last_resort", one.lastResort());
        object.put("key_package", Base64.getEncoder().encodeToString(one.message().toArray()));
        return object;
    }

    static Map<String, Object> missing(MissingKeyPackage one) {
        return Map.of("client", one.client().toString(), "code", one.code().wireName());
    }
}
