package io.lockstep.gateway.submission;

import io.lockstep.log.BlobReference;
import io.lockstep.log.Content;
import io.lockstep.wire.Bytes;

/// One of the parts of a submission.
sealed interface Part {
    Content content();

    Bytes bytes(Reading.Contents contents);

    record Here(Bytes bytes) implements Part {
        @Override
        public Content content() {
            return new Content.Inline(bytes);
        }

        @Override
        public Bytes bytes(Reading.Contents contents) {
            return bytes;
        }
    }

    record Apart(BlobReference reference) implements Part {
        @Override
        public Content content() {
            return reference;
        }

        @Override
        public Bytes bytes(Reading.Contents contents) {
            return contents.of(reference);
        }
    }
}
