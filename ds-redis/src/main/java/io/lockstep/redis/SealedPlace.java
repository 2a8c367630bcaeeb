package io.lockstep.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Where sealed values are in Redis: all keys of one form, and their fields. [#ALL] has every kind
/// of sealed value but the stream of revocations; see the table in the package comment.
///
/// @param keys the form of the keys
/// @param fieldsAtOnce of a hash: about how many fields are read at a time, so that they have a
///     megabyte or less; 0 for a string
/// @param skipped bytes before the sealed part
/// @param separator ends what is before the sealed part; empty for none
/// @param purposes the purpose by key and field; empty where the field is not sealed. A string has
///     the field ""
record SealedPlace(
        Pattern keys,
        int fieldsAtOnce,
        int skipped,
        String separator,
        BiFunction<MatchResult, String, Optional<String>> purposes) {
    /// Values of up to a megabyte.
    private static final int LONG = 1;

    /// Values of up to 256 KiB.
    private static final int MEDIUM = 3;

    private static final int SHORT = 64;
    private static final String GROUP_OR_USER = "ls:\\{([0-9a-f]{32})\\}:";

    static final List<SealedPlace> ALL =
            List.of(
                    string("ls:keyring", SealPurpose.KEYRING),
                    string(GROUP_OR_USER + "info", SealPurpose.GROUP_INFO),
                    string(GROUP_OR_USER + "claims", SealPurpose.CLAIM_POLICY),
                    new SealedPlace(
                            Pattern.compile(GROUP_OR_USER + "meta"),
                            SHORT,
                            0,
                            "",
                            (_, field) ->
                                    switch (field) {
                                        case "g" -> Optional.of(SealPurpose.GROUP_ID);
                                        case "s" -> Optional.of(SealPurpose.SUCCESSOR);
                                        case "l" -> Optional.of(SealPurpose.DEPARTURES);
                                        default -> Optional.empty();
                                    }),
                    // An id of eight bytes, then the key.
                    new SealedPlace(
                            Pattern.compile(GROUP_OR_USER + "meta"),
                            SHORT,
                            8,
                            "",
                            (key, field) ->
                                    field.equals("k")
                                            ? Optional.of(SealPurpose.groupKey(key.group(1)))
                                            : Optional.empty()),
                    hash("undo", LONG, ":", SealPurpose.GROUP_INFO),
                    hash("welcomes", LONG, "", SealPurpose.WELCOME),
                    new SealedPlace(
                            Pattern.compile(GROUP_OR_USER + "blob:([0-9a-f]{64})"),
                            MEDIUM,
                            0,
                            "",
                            (key, field) ->
                                    field.matches("[0-9]+")
                                            ? Optional.of(
                                                    SealPurpose.blobChunk(key.group(2), field))
                                            : Optional.empty()),
                    hash("devices", SHORT, "", SealPurpose.CLIENT_NAME),
                    hash("kp:sealed:[0-9a-f]{32}", MEDIUM, "\n", SealPurpose.KEY_PACKAGE),
                    hash("kp:features:[0-9a-f]{32}", SHORT, "", SealPurpose.FEATURES),
                    hash("mail:sealed:[0-9a-f]{32}", LONG, "", SealPurpose.MAIL),
                    new SealedPlace(
                            Pattern.compile("ls:kpref:\\{[0-9a-f]{32}\\}"),
                            SHORT,
                            0,
                            "",
                            (_, field) ->
                                    field.equals("o")
                                            ? Optional.of(SealPurpose.CLIENT_NAME)
                                            : Optional.empty()));

    private static SealedPlace string(String keys, String purpose) {
        return new SealedPlace(Pattern.compile(keys), 0, 0, "", (_, _) -> Optional.of(purpose));
    }

    private static SealedPlace hash(
            String rest, int fieldsAtOnce, String separator, String purpose) {
        return new SealedPlace(
                Pattern.compile(GROUP_OR_USER + rest),
                fieldsAtOnce,
                0,
                separator,
                (_, _) -> Optional.of(purpose));
    }

    boolean isString() {
        return fieldsAtOnce == 0;
    }

    /// @return empty where nothing is sealed
    Optional<String> purpose(String key, String field) {
        var matcher = keys.matcher(key);
        return matcher.matches() ? purposes.apply(matcher, field) : Optional.empty();
    }

    boolean has(String key) {
        return keys.matcher(key).matches();
    }

    /// The index of the first sealed byte.
    int sealedAt(byte[] value) {
        if (separator.isEmpty()) {
            return skipped;
        }
        return new String(value, StandardCharsets.ISO_8859_1).indexOf(separator) + 1;
    }
}
