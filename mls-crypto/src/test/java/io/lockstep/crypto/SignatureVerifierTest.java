package io.lockstep.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

final class SignatureVerifierTest {
    private record Signed(int suite, Bytes key, String label, Bytes content, Bytes signature) {
        static Signed of(JsonNode vector) {
            var made = vector.get("sign_with_label");
            return new Signed(
                    vector.get("cipher_suite").asInt(),
                    bytes(made, "pub"),
                    made.get("label").asString(),
                    bytes(made, "content"),
                    bytes(made, "signature"));
        }

        boolean holds() {
            return SignatureVerifier.verifyWithLabel(suite, key, label, content, signature);
        }

        Signed withKey(Bytes other) {
            return new Signed(suite, other, label, content, signature);
        }

        Signed withSignature(Bytes other) {
            return new Signed(suite, key, label, content, other);
        }
    }

    private static Signed signed(int suite) {
        return SharedFolder.vectors("crypto-basics").stream()
                .map(Signed::of)
                .filter(signed -> signed.suite() == suite)
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    @DisplayName("§5.1.2: the vectors' signatures are valid, but not for another label or content")
    void vectors(int suite) {
        var good = signed(suite);
        assertThat(good.holds()).isTrue();
        assertThat(good.key().size()).isEqualTo(SignatureVerifier.publicKeySize(suite));
        assertThat(
                        new Signed(
                                        suite,
                                        good.key(),
                                        "SignWithLabeL",
                                        good.content(),
                                        good.signature())
                                .holds())
                .isFalse();
        assertThat(
                        new Signed(
                                        suite,
                                        good.key(),
                                        good.label(),
                                        flipped(good.content(), 3),
                                        good.signature())
                                .holds())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7})
    void noBytesOfASignatureOrKeyMakeAnException(int suite) {
        var good = signed(suite);
        for (int i = 0; i < good.signature().size(); i++) {
            assertThat(good.withSignature(flipped(good.signature(), i)).holds())
                    .as("signature, byte %s", i)
                    .isFalse();
        }
        for (int i = 0; i < good.key().size(); i++) {
            assertThat(good.withKey(flipped(good.key(), i)).holds())
                    .as("key, byte %s", i)
                    .isFalse();
        }
        for (int size : new int[] {0, 1, 31, 32, 33, 56, 57, 64, 65, 97, 133, 1000}) {
            for (int fill : new int[] {0x00, 0x02, 0x04, 0x30, 0xff}) {
                var bytes = filled(size, fill);
                assertThat(good.withSignature(bytes).holds()).isFalse();
                assertThat(good.withKey(bytes).holds()).isFalse();
            }
        }
        int signatureSize = good.signature().size();
        assertThat(good.withSignature(good.signature().slice(0, signatureSize - 1)).holds())
                .isFalse();
    }

    @Test
    void noSignatureIsValidUnderAnUnknownSuite() {
        var good = signed(1);
        for (int suite : new int[] {-1, 0, 8, 0x0a0a, 0xffff}) {
            assertThat(
                            new Signed(
                                            suite,
                                            good.key(),
                                            good.label(),
                                            good.content(),
                                            good.signature())
                                    .holds())
                    .isFalse();
        }
    }

    @Test
    void concurrentThreadsGetTheSameAnswers() {
        var vectors = SharedFolder.vectors("crypto-basics").stream().map(Signed::of).toList();
        assertThat(
                        java.util.stream.IntStream.range(0, 700)
                                .parallel()
                                .allMatch(i -> {
                                    var good = vectors.get(i % vectors.size());
                                    var bad = good.withSignature(flipped(good.signature(), 9));
                                    return good.holds() && !bad.holds();
                                }))
                .isTrue();
    }

    private static Bytes flipped(Bytes bytes, int at) {
        var array = bytes.toArray();
        array[at] ^= 1;
        return Bytes.wrap(array);
    }

    private static Bytes filled(int size, int value) {
        var array = new byte[size];
        java.util.Arrays.fill(array, (byte) value);
        return Bytes.wrap(array);
    }

    private static Bytes bytes(JsonNode node, String name) {
        return Bytes.ofHex(node.get(name).asString());
    }
}
