package io.lockstep.directory;

import io.lockstep.log.BlobReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.Welcome;

/// A joiner's part of a Welcome, as its inbox holds it.
public sealed interface InboxWelcome {
    /// How long the MLSMessage is that the joiner gets.
    long size();

    /// @param message MLSMessage with a Welcome cut to this joiner
    record WholeWelcome(Bytes message) implements InboxWelcome {
        @Override
        public long size() {
            return message.size();
        }
    }

    /// What is the joiner's own; what all joiners of the commit share is stored once, as a blob of the group.
    ///
    /// @param secrets the joiner's EncryptedGroupSecrets, encoded
    /// @param encryptedGroupInfo where the shared part is
    record SplitWelcome(int cipherSuite, Bytes secrets, BlobReference encryptedGroupInfo)
            implements InboxWelcome {
        @Override
        public long size() {
            return Welcome.composedSize(secrets, (int) encryptedGroupInfo.size());
        }

        /// What comes before the blob in the MLSMessage with the Welcome.
        public Bytes head() {
            return Welcome.head(cipherSuite, secrets, (int) encryptedGroupInfo.size());
        }

        /// @param shared the blob
        /// @return MLSMessage with the Welcome
        public Bytes compose(Bytes shared) {
            return Welcome.compose(cipherSuite, secrets, shared);
        }
    }
}
