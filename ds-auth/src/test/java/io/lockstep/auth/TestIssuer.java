package io.lockstep.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;

/// An identity provider of the tests: makes keys, key sets and tokens.
final class TestIssuer {
    static final String ISSUER = "https://issuer.example";
    static final String AUDIENCE = "lockstep";
    static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private TestIssuer() {}

    static ECKey ecKey(Curve curve, String id) throws JOSEException {
        return new ECKeyGenerator(curve).keyID(id).generate();
    }

    static RSAKey rsaKey(String id) throws JOSEException {
        return new RSAKeyGenerator(2048).keyID(id).generate();
    }

    static String keySet(JWK... keys) {
        return new JWKSet(List.of(keys)).toString(true);
    }

    /// A token that holds; a test breaks one thing.
    static JWTClaimsSet.Builder claims() {
        return new JWTClaimsSet.Builder()
                .issuer(ISSUER)
                .audience(AUDIENCE)
                .subject("alice")
                .claim("device", "phone")
                .expirationTime(Date.from(NOW.plusSeconds(600)));
    }

    static String token(ECKey key, JWTClaimsSet.Builder claims) throws JOSEException {
        var algorithm =
                key.getCurve().equals(Curve.P_256) ? JWSAlgorithm.ES256 : JWSAlgorithm.ES384;
        return token(algorithm, key.getKeyID(), new ECDSASigner(key), claims);
    }

    static String token(JWSAlgorithm algorithm, RSAKey key, JWTClaimsSet.Builder claims)
            throws JOSEException {
        return token(algorithm, key.getKeyID(), new RSASSASigner(key), claims);
    }

    static String token(
            JWSAlgorithm algorithm, String keyId, JWSSigner signer, JWTClaimsSet.Builder claims)
            throws JOSEException {
        var header = new JWSHeader.Builder(algorithm).keyID(keyId).type(JOSEObjectType.JWT).build();
        var jwt = new SignedJWT(header, claims.build());
        jwt.sign(signer);
        return jwt.serialize();
    }

    static KeyPair ed25519() throws GeneralSecurityException {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    static OctetKeyPair ed25519Key(KeyPair pair, String id) {
        var encoded = pair.getPublic().getEncoded();
        var x = Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length);
        return new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(x)).keyID(id).build();
    }

    static String ed25519Token(KeyPair pair, String keyId, JWTClaimsSet.Builder claims)
            throws GeneralSecurityException {
        var header = new JWSHeader.Builder(JWSAlgorithm.EdDSA).keyID(keyId).build();
        var jwt = new SignedJWT(header, claims.build());
        var signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update(jwt.getSigningInput());
        return new String(jwt.getSigningInput(), java.nio.charset.StandardCharsets.US_ASCII)
                + "."
                + Base64URL.encode(signer.sign());
    }
}
