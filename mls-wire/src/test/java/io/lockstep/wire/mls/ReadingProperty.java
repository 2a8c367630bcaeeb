package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;

/// The property of decoding that arbitrary bytes must satisfy.
final class ReadingProperty {
    private ReadingProperty() {}

    /// Reading returns a value or throws [MalformedMessageException]. The header view, the
    /// description and the value agree. A value that can be encoded gives the same bytes.
    static void check(Bytes bytes) {
        try {
            var message = MlsMessageReader.read(bytes);
            MlsDescriberTest.assertNoGap(bytes);
            switch (message) {
                case GroupMessage group ->
                        assertThat(GroupMessageHeader.read(bytes.asByteBuf()).toMessage())
                                .isEqualTo(group);
                case KeyPackage keyPackage -> {
                    assertThat(keyPackage.message()).isEqualTo(bytes);
                    assertThat(keyPackage.ref().isEmpty()).isFalse();
                    keyPackage.lastResort();
                    assertThat(MlsMessageReader.readKeyPackages(bytes, 1))
                            .containsExactly(keyPackage);
                }
                case Welcome welcome -> {
                    for (var ref : welcome.keyPackageRefs()) {
                        assertThat(
                                        ((Welcome) MlsMessageReader.read(welcome.cutFor(ref)))
                                                .keyPackageRefs())
                                .containsExactly(ref);
                    }
                }
                case GroupInfo groupInfo -> groupInfo.hasExternalPub();
            }
        } catch (MalformedMessageException e) {
            assertThat(e.offset()).isBetween(0, bytes.size());
            assertThat(e.code().closesConnection()).isFalse();
            assertRefusedByAll(bytes, e.code());
        }
        try {
            MlsMessageReader.readKeyPackages(bytes, 4);
        } catch (MalformedMessageException e) {
            assertThat(e.offset()).isBetween(0, bytes.size());
        }
    }

    private static void assertRefusedByAll(Bytes bytes, Code code) {
        try {
            MlsDescriber.describe(bytes);
            assertThat(code).isEqualTo(Code.UNSUPPORTED_CIPHER_SUITE);
        } catch (MalformedMessageException e) {
            // Expected.
        }
        try {
            GroupMessageHeader.read(bytes.asByteBuf());
            throw new AssertionError("the header was read and the message was not");
        } catch (MalformedMessageException e) {
            // Expected.
        }
    }
}
