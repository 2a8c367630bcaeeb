package io.lockstep.redis;

import io.lockstep.runtime.DeploymentKey;
import io.lockstep.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Encrypts and authenticates (*seals*) values in Redis so that only this deployment can read them
/// (invariant I8).
///
/// ```
/// sealed = u8 1 ‖ nonce[12] ‖ AES-256-GCM(derive("seal"), nonce, plaintext, purpose)
/// ```
///
/// The purpose is authenticated as associated data: a value that is moved to the location of
/// another kind of value does not open. Nonces are random, and the key is safe for 2^32 values.
public final class ValueSealer {
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final byte VERSION = 1;

    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();

    public ValueSealer(DeploymentKey deploymentKey) {
        key = new SecretKeySpec(deploymentKey.derive("seal").toArray(), "AES");
    }

    public byte[] seal(String purpose, byte[] plaintext) {
        var nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            var cipher = cipher(Cipher.ENCRYPT_MODE, nonce, 0, purpose);
            var sealed = new byte[1 + NONCE_BYTES + cipher.getOutputSize(plaintext.length)];
            sealed[0] = VERSION;
            System.arraycopy(nonce, 0, sealed, 1, NONCE_BYTES);
            cipher.doFinal(plaintext, 0, plaintext.length, sealed, 1 + NONCE_BYTES);
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
        int body = from + 1 + NONCE_BYTES;
        if (sealed.length < body || sealed[from] != VERSION) {
            throw new BrokenSealException(purpose, null);
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, sealed, from + 1, purpose)
                    .doFinal(sealed, body, sealed.length - body);
        } catch (GeneralSecurityException e) {
            throw new BrokenSealException(purpose, e);
        }
    }

    public byte[] seal(String purpose, Bytes plaintext) {
        return seal(purpose, plaintext.toArray());
    }

    private Cipher cipher(int mode, byte[] nonce, int from, String purpose)
            throws GeneralSecurityException {
        var cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce, from, NONCE_BYTES));
        cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
