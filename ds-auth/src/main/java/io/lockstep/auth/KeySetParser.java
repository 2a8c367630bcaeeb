package io.lockstep.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyType;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Parses a JSON Web Key Set. A key that is unknown or invalid is skipped and logged, and the
/// others are used (RFC 7517 §5), because a provider may publish keys of types that this server
/// does not know.
final class KeySetParser {
    private static final Logger LOG = LoggerFactory.getLogger(KeySetParser.class);

    /// More keys than any provider publishes. It bounds the cost of parsing a set.
    static final int KEYS_MAX = 1_000;

    private static final int SHOWN_CHARS_MAX = 128;

    private KeySetParser() {}

    /// @param where location of the set, for the log
    /// @throws ParseException when it is not a key set, or contains keys of which none can be used
    static JWKSet parse(String json, String where) throws ParseException {
        if (!(JSONObjectUtils.parse(json).get("keys") instanceof List<?> elements)) {
            throw new ParseException("no key set: it has no member \"keys\"", 0);
        }
        if (elements.size() > KEYS_MAX) {
            throw new ParseException("more than " + KEYS_MAX + " keys", 0);
        }
        var keys = new ArrayList<JWK>();
        int index = 0;
        for (var element : elements) {
            index++;
            try {
                keys.add(key(element));
            } catch (ParseException | RuntimeException e) {
                LOG.warn(
                        "key {} of {} in the key set {} is skipped ({}): {}",
                        index,
                        elements.size(),
                        where,
                        kind(element),
                        plain(String.valueOf(e.getMessage())));
            }
        }
        if (keys.isEmpty() && !elements.isEmpty()) {
            throw new ParseException("none of its " + elements.size() + " keys can be used", 0);
        }
        return new JWKSet(keys);
    }

    private static JWK key(Object element) throws ParseException {
        if (!(element instanceof Map<?, ?> members)) {
            throw new ParseException("not an object", 0);
        }
        var named = new HashMap<String, Object>();
        members.forEach((name, value) -> named.put(String.valueOf(name), value));
        var key = JWK.parse(named);
        if (key.getKeyType().equals(KeyType.OCT)) {
            throw new ParseException("a symmetric key verifies no token here", 0);
        }
        return key.toPublicJWK();
    }

    private static String kind(Object element) {
        return element instanceof Map<?, ?> members
                ? "kty " + shown(members.get("kty")) + ", crv " + shown(members.get("crv"))
                : "no object";
    }

    private static String shown(@Nullable Object member) {
        return member == null ? "none" : plain(String.valueOf(member));
    }

    /// Escapes text of the provider for a log line.
    private static String plain(String text) {
        var harmless = text.replaceAll("[^\\p{Alnum} .,:_\"()-]", "?");
        return harmless.length() > SHOWN_CHARS_MAX
                ? harmless.substring(0, SHOWN_CHARS_MAX) + "..."
                : harmless;
    }
}
