package io.lockstep.directory;

import io.lockstep.log.BlobReference;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.Welcome;

/// A joiner's part of a Welcome, as its inbox stores it.
public sealed interface InboxWelcome {
    /// Bytes of the MLSMessage that the joiner gets.
    long size();

    /// @param message MLSMessage with a Welcome that contains only this joiner's secrets
    record WholeWelcome(Bytes message) implements InboxWelcome {
        @Override
        public long size() {
            return message.size();
        }
    }

    /// The joiner's own part. The part that all joiners of the commit share is stored once, as a
    /// blob of the group.
    ///
    /// @param secrets the joiner's EncryptedGroupSecrets, encoded
    /// @param encryptedGroupInfo reference to the shared part
    record SplitWelcome(int cipherSuite, Bytes secrets, BlobReference encryptedGroupInfo)
            implements InboxWelcome {
        @Override
        public long size() {
            return Welcome.composedSize(secrets, (int) encryptedGroupInfo.size());
        }

        /// The bytes before the blob in the MLSMessage with the Welcome.
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
