package io.lockstep.client.bouncycastle.isolated;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.SerializerFactory.FieldSerializerFactory;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.FieldSerializer.FieldSerializerConfig;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.MapReferenceResolver;
import io.lockstep.client.mls.MlsEngine.Saved;
import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.mls.crypto.MlsCipherSuite;
import org.bouncycastle.mls.crypto.Secret;
import org.objenesis.strategy.StdInstantiatorStrategy;

/// Serializes a client's state. Bouncy Castle cannot save a `Group`, so this class writes its
/// objects field by field and shared objects once. Keys are in their standard encodings, cipher
/// suites are numbers.
///
/// Layout: `u32 format ‖ objects`. The format changes with Bouncy Castle's classes and with ours.
final class BcSnapshot {
    private static final int FORMAT = 0x42430103;
    private static final int BUFFER_BYTES = 64 << 10;

    /// Class name prefixes that a snapshot may contain. Writing any other class fails.
    private static final List<String> PACKAGES =
            List.of(
                    "org.bouncycastle.mls.",
                    "org.bouncycastle.crypto.AsymmetricCipherKeyPair",
                    "org.bouncycastle.crypto.params.",
                    BcSnapshot.class.getPackageName() + ".",
                    "io.lockstep.client.mls.",
                    "io.lockstep.wire.",
                    "java.util.",
                    "java.lang.",
                    "[");

    private BcSnapshot() {}

    static Bytes write(Saved saved) {
        var output = new Output(BUFFER_BYTES, -1);
        output.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(FORMAT).array());
        kryo().writeClassAndObject(output, saved);
        return Bytes.wrap(output.toBytes());
    }

    static Saved read(Bytes bytes) {
        var all = bytes.toArray();
        if (all.length < Integer.BYTES || ByteBuffer.wrap(all).getInt() != FORMAT) {
            throw new MlsException(
                    "the MLS state was saved by another version of this program and cannot"
                            + " be read");
        }
        try {
            return (Saved)
                    kryo().readClassAndObject(
                                    new Input(all, Integer.BYTES, all.length - Integer.BYTES));
        } catch (KryoException | IndexOutOfBoundsException | ClassCastException e) {
            throw new MlsException("the MLS state is damaged", e);
        }
    }

    private static Kryo kryo() {
        var kryo = new Kryo(new OnlyKnown(), new MapReferenceResolver());
        kryo.setClassLoader(Objects.requireNonNull(BcSnapshot.class.getClassLoader()));
        kryo.setRegistrationRequired(false);
        kryo.setReferences(true);
        kryo.setInstantiatorStrategy(
                new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
        var fields = new FieldSerializerConfig();
        // The outer-instance reference of an inner class is a synthetic field.
        fields.setIgnoreSyntheticFields(false);
        kryo.setDefaultSerializer(new FieldSerializerFactory(fields));
        kryo.addDefaultSerializer(Bytes.class, new BytesSerializer());
        kryo.addDefaultSerializer(MlsCipherSuite.class, new SuiteSerializer());
        kryo.addDefaultSerializer(AsymmetricKeyParameter.class, new KeySerializer());
        kryo.addDefaultSerializer(Secret.class, new SecretSerializer());
        return kryo;
    }

    private static final class OnlyKnown extends DefaultClassResolver {
        // Kryo's signature has the raw type.
        @SuppressWarnings("rawtypes")
        @Override
        public Registration registerImplicit(Class type) {
            if (PACKAGES.stream().noneMatch(type.getName()::startsWith)) {
                throw new KryoException("not part of a client's state: " + type.getName());
            }
            return super.registerImplicit(type);
        }
    }

    private static byte[] readArray(Input input) {
        return input.readBytes(input.readInt(true));
    }

    private static void writeArray(Output output, byte[] array) {
        output.writeInt(array.length, true);
        output.writeBytes(array);
    }

    private static final class BytesSerializer extends Serializer<Bytes> {
        BytesSerializer() {
            super(false, true);
        }

        @Override
        public void write(Kryo kryo, Output output, Bytes bytes) {
            writeArray(output, bytes.toArray());
        }

        @Override
        public Bytes read(Kryo kryo, Input input, Class<? extends Bytes> type) {
            return Bytes.wrap(readArray(input));
        }
    }

    /// A cipher suite is one object per class loader and contains ciphers, so it is written as its
    /// number.
    private static final class SuiteSerializer extends Serializer<MlsCipherSuite> {
        @Override
        public void write(Kryo kryo, Output output, MlsCipherSuite suite) {
            output.writeShort(suite.getSuiteID());
        }

        @Override
        public MlsCipherSuite read(Kryo kryo, Input input, Class<? extends MlsCipherSuite> type) {
            short number = input.readShort();
            return BcCodec.calling(() -> MlsCipherSuite.getSuite(number));
        }
    }

    private static final class KeySerializer extends Serializer<AsymmetricKeyParameter> {
        @Override
        public void write(Kryo kryo, Output output, AsymmetricKeyParameter key) {
            try {
                output.writeBoolean(key.isPrivate());
                writeArray(
                        output,
                        key.isPrivate()
                                ? PrivateKeyInfoFactory.createPrivateKeyInfo(key).getEncoded()
                                : SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(key)
                                        .getEncoded());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public AsymmetricKeyParameter read(
                Kryo kryo, Input input, Class<? extends AsymmetricKeyParameter> type) {
            try {
                boolean isPrivate = input.readBoolean();
                var encoded = readArray(input);
                return isPrivate
                        ? PrivateKeyFactory.createKey(encoded)
                        : PublicKeyFactory.createKey(encoded);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// A secret refers to the secrets that it was derived from, back to the first epoch. A saved
    /// secret does not need them.
    private static final class SecretSerializer extends Serializer<Secret> {
        @Override
        public void write(Kryo kryo, Output output, Secret secret) {
            output.writeBoolean(secret.value() != null);
            if (secret.value() != null) {
                writeArray(output, secret.value());
            }
        }

        @Override
        public Secret read(Kryo kryo, Input input, Class<? extends Secret> type) {
            if (input.readBoolean()) {
                return new Secret(readArray(input));
            }
            var consumed = new Secret(new byte[0]);
            consumed.consume();
            return consumed;
        }
    }
}
