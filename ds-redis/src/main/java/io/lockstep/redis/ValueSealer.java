package io.lockstep.redis;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.runtime.DeploymentKeys;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Encrypts and authenticates (*seals*) values in Redis so that only this deployment can read them
/// (invariant I8).
///
/// ```
/// sealed = u8 2 ‖ key id[4] ‖ nonce[12] ‖ AES-256-GCM(derive("seal"), nonce, plaintext, purpose)
/// before = u8 1 ‖ nonce[12] ‖ the same
/// ```
///
/// The current deployment key seals. Each key that the node holds opens what it sealed; a value of
/// the earlier format is tried with each.
///
/// The purpose is authenticated as associated data: a value that is moved to the location of
/// another kind of value does not open. Nonces are random, and a key is safe for 2^32 values.
public final class ValueSealer {
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte VERSION = 2;
    private static final byte VERSION_WITHOUT_ID = 1;
    private static final int HEADER_BYTES = 1 + DeploymentKey.ID_BYTES;

    private final byte[] header;
    private final SecretKeySpec current;
    private final Map<Bytes, SecretKeySpec> keys = new LinkedHashMap<>();
    private final SecureRandom random = new SecureRandom();

    public ValueSealer(DeploymentKeys deploymentKeys) {
        for (var key : deploymentKeys.all()) {
            keys.put(key.id(), seal(key));
        }
        current = seal(deploymentKeys.current());
        header = new byte[HEADER_BYTES];
        header[0] = VERSION;
        System.arraycopy(
                deploymentKeys.current().id().toArray(), 0, header, 1, DeploymentKey.ID_BYTES);
    }

    private static SecretKeySpec seal(DeploymentKey key) {
        return new SecretKeySpec(key.derive("seal").toArray(), "AES");
    }

    /// The first bytes of every value that the current key seals.
    byte[] currentHeader() {
        return header.clone();
    }

    public byte[] seal(String purpose, byte[] plaintext) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            var cipher = cipher(Cipher.ENCRYPT_MODE, current, nonce, 0, purpose);
            int body = HEADER_BYTES + NONCE_BYTES;
            var sealed = Arrays.copyOf(header, body + cipher.getOutputSize(plaintext.length));
            System.arraycopy(nonce, 0, sealed, HEADER_BYTES, NONCE_BYTES);
            cipher.doFinal(plaintext, 0, plaintext.length, sealed, body);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    /// @throws BrokenSealException when this deployment did not seal it for this purpose
    public byte[] open(String purpose, byte[] sealed) {
        return open(purpose, sealed, 0);
    }

    /// Opens the sealed value that begins at the offset.
    public byte[] open(String purpose, byte[] sealed, int from) {
        int body = bodyAt(purpose, sealed, from);
        GeneralSecurityException failure = null;
        for (var key : candidates(sealed, from)) {
            try {
                return cipher(Cipher.DECRYPT_MODE, key, sealed, body - NONCE_BYTES, purpose)
                        .doFinal(sealed, body, sealed.length - body);
            } catch (GeneralSecurityException e) {
                failure = e;
            }
        }
        throw new BrokenSealException(purpose, failure);
    }

    /// The bytes up to and with the nonce. No two values have the same ones.
    static byte[] identity(String purpose, byte[] sealed, int from) {
        return Arrays.copyOf(sealed, bodyAt(purpose, sealed, from));
    }

    private static int bodyAt(String purpose, byte[] sealed, int from) {
        boolean withId = from < sealed.length && sealed[from] == VERSION;
        int body = from + (withId ? HEADER_BYTES : 1) + NONCE_BYTES;
        if (sealed.length < body || (!withId && sealed[from] != VERSION_WITHOUT_ID)) {
            throw new BrokenSealException(purpose, null);
        }
        return body;
    }

    private List<SecretKeySpec> candidates(byte[] sealed, int from) {
        if (sealed[from] == VERSION_WITHOUT_ID) {
            return List.copyOf(keys.values());
        }
        @Nullable SecretKeySpec key =
                keys.get(Bytes.wrap(Arrays.copyOfRange(sealed, from + 1, from + HEADER_BYTES)));
        return key == null ? List.of() : List.of(key);
    }

    public byte[] seal(String purpose, Bytes plaintext) {
        return seal(purpose, plaintext.toArray());
    }

    private static Cipher cipher(
            int mode, SecretKeySpec key, byte[] nonce, int from, String purpose)
            throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce, from, NONCE_BYTES));
        cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
