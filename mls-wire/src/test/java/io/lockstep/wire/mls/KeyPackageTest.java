package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.mls.Credential.UnknownCredential;
import io.lockstep.wire.mls.Credential.X509Credential;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyPackageTest {
    @ParameterizedTest
    @CsvSource({"1, 32", "2, 32", "3, 32", "4, 64", "5, 64", "6, 64", "7, 48"})
    @DisplayName("§5.2: the reference is as long as the suite's hash")
    void referencesByTheSuitesHash(int suite, int bytes) throws MalformedMessageException {
        assertThat(read(new MessageGenerator(suite).keyPackageMessage(suite)).ref().size())
                .isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 0x0a0a, 0xf000, 0xffff})
    void aSuiteWithoutAKnownHashIsRefusedByItsOwnCode(int suite) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> read(new MessageGenerator(1).keyPackageMessage(suite)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(Code.UNSUPPORTED_CIPHER_SUITE));
    }

    @Test
    void wrappedAndBareOnesMayBeMixedInEverySuite() throws MalformedMessageException {
        var make = new MessageGenerator(3);
        var all = Unpooled.buffer();
        for (int suite = 1; suite <= 7; suite++) {
            make.bareKeyPackage(suite).writeTo(all);
            make.keyPackageMessage(suite).writeTo(all);
            make.bareKeyPackage(suite).writeTo(all);
            make.bareKeyPackage(5).writeTo(all);
        }
        var bytes = Bytes.copyOf(all, 0, all.readableBytes());
        var read = MlsMessageReader.readKeyPackages(bytes, 28);
        assertThat(read)
                .extracting(KeyPackage::cipherSuite)
                .containsExactly(
                        1, 1, 1, 5, 2, 2, 2, 5, 3, 3, 3, 5, 4, 4, 4, 5, 5, 5, 5, 5, 6, 6, 6, 5, 7,
                        7, 7, 5);
        assertThat(read)
                .allSatisfy(one -> assertThat(read(one.message())).isEqualTo(one))
                .allSatisfy(one ->
                        assertThat(MlsMessageReader.readKeyPackages(one.bare(), 1))
                                .containsExactly(one));
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> MlsMessageReader.readKeyPackages(bytes, 27))
                .withMessageContaining("more than 27");
    }

    @Test
    void anythingAfterOrBetweenKeyPackagesIsMalformed() {
        var one = new MessageGenerator(3).keyPackageMessage(1);
        for (var rest : new String[] {"00", "0001", "00010003", "00010005", "000100010001"}) {
            assertThatExceptionOfType(MalformedMessageException.class)
                    .isThrownBy(() ->
                            MlsMessageReader.readKeyPackages(Bytes.ofHex(one.hex() + rest), 9));
        }
    }

    @Test
    void noBytesAreNoKeyPackages() throws MalformedMessageException {
        assertThat(MlsMessageReader.readKeyPackages(Bytes.EMPTY, 9)).isEmpty();
    }

    // PROTOCOL R-KP-8
    @Test
    void aLastResortIsMarkedByExtension000a() throws MalformedMessageException {
        assertThat(withExtension(0x000a, Bytes.EMPTY).lastResort()).isTrue();
        assertThat(withExtension(0x4a4a, Bytes.EMPTY).lastResort()).isFalse();
    }

    // PROTOCOL R-KP-8
    @Test
    void aLastResortIsMarkedByComponent4OfTheDictionary() throws MalformedMessageException {
        assertThat(withExtension(6, Bytes.ofHex("03" + "000400")).lastResort()).isTrue();
        assertThat(withExtension(6, Bytes.ofHex("07" + "000301ff" + "000400")).lastResort())
                .isTrue();
        assertThat(withExtension(6, Bytes.ofHex("04" + "000301ff")).lastResort()).isFalse();
        assertThat(withExtension(6, Bytes.ofHex("00")).lastResort()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0400", "03000401", "030004", "0300040000", "ff"})
    void aDictionaryThatCannotBeReadMarksNothing(String data) throws MalformedMessageException {
        assertThat(withExtension(6, Bytes.ofHex(data)).lastResort()).isFalse();
    }

    @Test
    void unknownExtensionsAreKeptUnchanged() throws MalformedMessageException {
        assertThat(withExtension(0xf123, Bytes.ofHex("beef")).extensions())
                .containsExactly(new Extension(0xf123, Bytes.ofHex("beef")));
    }

    @Test
    void aCertificateChainIsKeptInOrder() throws MalformedMessageException {
        var keyPackage = read(withCredential(2));
        assertThat(((X509Credential) keyPackage.credential()).chain())
                .extracting(Bytes::size)
                .containsExactly(300, 400);
    }

    @Test
    void aCredentialOfUnknownTypeIsReadAsOneVector() throws MalformedMessageException {
        var credential = (UnknownCredential) read(withCredential(0xf00d)).credential();
        assertThat(credential.type()).isEqualTo(0xf00d);
        assertThat(credential.data().size()).isEqualTo(12);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0a0a, 0x1a1a, 0xeaea})
    @DisplayName("§13.5: GREASE is for lists of capabilities, never the type of a credential")
    void greaseCredentials(int type) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> read(withCredential(type)))
                .withMessageContaining("GREASE");
    }

    @Test
    void onlyTheFifteenGreaseValuesAreGrease() {
        int count = 0;
        for (int i = 0; i <= 0xffff; i++) {
            if (MlsGrammar.isGrease(i)) {
                count++;
                assertThat(i % 0x1010).isEqualTo(0x0a0a);
            }
        }
        assertThat(count).isEqualTo(15);
    }

    private static Bytes withCredential(int type) {
        return made(1, type, out -> out.writeByte(0));
    }

    private static KeyPackage withExtension(int type, Bytes data) throws MalformedMessageException {
        return read(
                made(
                        1,
                        1,
                        out ->
                                MessageGenerator.vector(
                                        out,
                                        list -> {
                                            list.writeShort(type);
                                            io.lockstep.wire.tls.TlsWriter.writeOpaque(list, data);
                                        })));
    }

    private static Bytes made(int suite, int credentialType, Consumer<ByteBuf> extensions) {
        var make = new MessageGenerator(11);
        return MessageGenerator.message(
                5, out -> make.bareKeyPackage(out, suite, credentialType, extensions));
    }

    private static KeyPackage read(Bytes message) throws MalformedMessageException {
        return (KeyPackage) MlsMessageReader.read(message);
    }
}
