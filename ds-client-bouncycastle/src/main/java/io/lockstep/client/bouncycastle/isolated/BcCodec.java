package io.lockstep.client.bouncycastle.isolated;

import io.lockstep.client.mls.MlsException;
import io.lockstep.wire.Bytes;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.bouncycastle.mls.TreeKEM.TreeKEMPublicKey;
import org.bouncycastle.mls.codec.MLSInputStream;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.codec.MLSOutputStream;
import org.jspecify.annotations.Nullable;

/// Converts bytes to and from Bouncy Castle's structures, and its checked exceptions to
/// [MlsException].
final class BcCodec {
    private BcCodec() {}

    static Bytes encode(Object structure) throws IOException {
        return Bytes.wrap(MLSOutputStream.encode(structure));
    }

    static MLSMessage decode(Bytes message) throws IOException {
        return (MLSMessage) MLSInputStream.decode(message.toArray(), MLSMessage.class);
    }

    /// @return null if there is no tree: this tells Bouncy Castle that the GroupInfo contains it
    static @Nullable TreeKEMPublicKey treeOf(Bytes ratchetTree) throws IOException {
        return ratchetTree.isEmpty()
                ? null
                : (TreeKEMPublicKey)
                        MLSInputStream.decode(ratchetTree.toArray(), TreeKEMPublicKey.class);
    }

    /// A call into Bouncy Castle, which throws plain `Exception`, and runtime exceptions on
    /// malformed input.
    static <T> T calling(Callable<T> task) {
        try {
            return task.call();
        } catch (MlsException e) {
            throw e;
        } catch (Exception e) {
            throw new MlsException(
                    e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage(), e);
        }
    }
}
