package io.lockstep.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import java.text.ParseException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeySetParserTest {
    private static List<String> ids(String json) throws ParseException {
        return KeySetParser.parse(json, "test").getKeys().stream().map(JWK::getKeyID).toList();
    }

    private static String good(String id) throws Exception {
        return TestIssuer.ecKey(Curve.P_256, id).toPublicJWK().toJSONString();
    }

    /// One such key beside good ones made the whole set fail (RFC 7517 §5 says to ignore it).
    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                {"kty":"OKP","crv":"ML-KEM","x":"AAAA"}\
                """,
                """
                {"kty":"EC","crv":"P-999","x":"AAAA","y":"AAAA"}\
                """,
                """
                {"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA"}\
                """,
                """
                {"kty":"RSA","n":"AQAB","e":"AQAB","use":""}\
                """,
                """
                {"kty":"RSA","n":"AQAB","e":"AQAB","key_ops":["nonsense"]}\
                """,
                """
                {"kty":"RSA","n":"AQAB","e":"AQAB","key_ops":7}\
                """,
                """
                {"kty":"RSA","n":"AQAB","e":"AQAB","x5c":["no certificate"]}\
                """,
                """
                {"kty":"RSA","e":"AQAB"}\
                """,
                """
                {"kty":"oct","k":"AAAA"}\
                """,
                "{}",
                "[]",
                "null",
                "7"
            })
    void aKeyThatIsNotUnderstoodIsSkippedAndTheOthersCount(String bad) throws Exception {
        assertThat(ids("{\"keys\":[" + String.join(",", good("first"), bad, good("second")) + "]}"))
                .containsExactly("first", "second");
        assertThatThrownBy(() -> ids("{\"keys\":[" + bad + "]}"))
                .isInstanceOf(ParseException.class)
                .hasMessageContaining("none of its 1 keys");
    }

    @Test
    void whatIsNoKeySetIsRefusedAndAnEmptyOneIsTaken() throws Exception {
        for (var text : List.of("", "{}", "[]", "{\"keys\":7}", "{ half")) {
            assertThatThrownBy(() -> ids(text)).as(text).isInstanceOf(ParseException.class);
        }
        assertThat(ids("{\"keys\":[]}")).isEmpty();
    }

    @Test
    void onlyPublicPartsAreKept() throws Exception {
        var key = TestIssuer.ecKey(Curve.P_256, "with its private part");
        var set = KeySetParser.parse("{\"keys\":[" + key.toJSONString() + "]}", "test");
        assertThat(set.getKeys()).noneMatch(JWK::isPrivate);
    }
}
