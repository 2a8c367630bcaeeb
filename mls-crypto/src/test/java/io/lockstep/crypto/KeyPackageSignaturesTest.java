package io.lockstep.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.SharedFolder;
import io.lockstep.wire.mls.KeyPackage;
import io.lockstep.wire.mls.KeyPackageReader;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsMessage;
import io.lockstep.wire.mls.MlsMessageReader;
import io.lockstep.wire.tls.MalformedEncodingException;
import io.lockstep.wire.tls.TlsReader;
import java.util.ArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class KeyPackageSignaturesTest {
    private static MlsMessage read(JsonNode vector, String name) throws MalformedMessageException {
        return MlsMessageReader.read(Bytes.ofHex(vector.get(name).asString()));
    }

    @Test
    @DisplayName("§10, §7.2: both signatures of every KeyPackage are valid, in every suite")
    void signaturesOfTheVectorsHold() throws MalformedMessageException {
        var suites = new java.util.TreeMap<Integer, Integer>();
        for (var file : new String[] {"messages", "welcome", "passive-client-welcome"}) {
            var name = file.equals("messages") ? "mls_key_package" : "key_package";
            for (var vector : SharedFolder.vectors(file)) {
                var keyPackage = (KeyPackage) read(vector, name);
                assertThat(KeyPackageSignatures.keyPackageHolds(keyPackage)).isTrue();
                assertThat(KeyPackageSignatures.leafHolds(keyPackage)).isTrue();
                assertThat(HpkeKeys.isPublicKey(keyPackage.cipherSuite(), keyPackage.initKey()))
                        .isTrue();
                assertThat(
                                HpkeKeys.isPublicKey(
                                        keyPackage.cipherSuite(), keyPackage.encryptionKey()))
                        .isTrue();
                suites.merge(keyPackage.cipherSuite(), 1, Integer::sum);
            }
        }
        assertThat(suites).containsOnlyKeys(1, 2, 3, 4, 5, 6, 7);
        assertThat(suites.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(363);
    }

    @Test
    @DisplayName("§10: the KeyPackages of three libraries are signed as the RFC requires")
    void signaturesOfThreeLibrariesHold()
            throws MalformedMessageException, MalformedEncodingException {
        var keyPackages = new ArrayList<KeyPackage>();
        for (var name : new String[] {"keypackage-core-crypto", "keypackage-ts-mls"}) {
            keyPackages.add((KeyPackage) MlsMessageReader.read(SharedFolder.sample(name)));
        }
        // A commit of bcmls that adds two members: PublicMessage up to its proposals.
        var in = new TlsReader(SharedFolder.sample("commit-add2-public-bcmls").asByteBuf());
        in.skip(4);
        in.skipOpaque();
        in.skip(8 + 1 + 4);
        in.skipOpaque();
        in.skip(1);
        in.enter();
        while (in.hasRemaining()) {
            in.skip(1 + 2);
            keyPackages.add(KeyPackageReader.read(in));
        }
        assertThat(keyPackages)
                .hasSize(4)
                .allMatch(KeyPackageSignatures::keyPackageHolds)
                .allMatch(KeyPackageSignatures::leafHolds);
    }
}
