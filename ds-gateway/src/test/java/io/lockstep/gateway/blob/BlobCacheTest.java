package io.lockstep.gateway.blob;

import static io.lockstep.wire.mls.MlsBytes.group;
import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.gateway.limits.BlobLimits;
import io.lockstep.log.BlobInfo;
import io.lockstep.log.BlobStore;
import io.lockstep.log.BlobStoreContract;
import io.lockstep.log.memory.MemoryBlobStore;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

final class BlobCacheTest {
    private static final GroupId GROUP = group("library");
    private static final Bytes LONG = BlobStoreContract.bytes(300_000);

    private final RecordingBlobStore store = new RecordingBlobStore();
    private final BlobCache blobs = new BlobCache(store, BlobLimits.DEFAULT);

    /// Each response held the whole blob for as long as its reader took: forty slow readers of 12
    /// MiB held 500.
    @Test
    void aRangeOfAnUncachedBlobIsReadAlone() {
        store.put(GROUP, LONG.sha256(), LONG, BlobStore.UNREFERENCED).block();

        assertThat(part(1_000, 64_000)).isEqualTo(LONG.slice(1_000, 64_000));
        assertThat(store.asked).containsExactly("part");
        assertThat(blobs.part(GROUP, LONG.slice(0, 32), 0, 10).blockOptional()).isEmpty();
    }

    @Test
    void aRangeOfACachedBlobIsNotReadAgain() {
        store.put(GROUP, LONG.sha256(), LONG, BlobStore.UNREFERENCED).block();
        blobs.get(GROUP, LONG.sha256()).block();

        assertThat(part(0, 300_000)).isEqualTo(LONG);
        assertThat(part(299_999, 1)).isEqualTo(LONG.slice(299_999, 1));
        assertThat(store.asked).containsExactly("get");
    }

    private Bytes part(int from, int length) {
        return blobs.part(GROUP, LONG.sha256(), from, length).blockOptional().orElseThrow();
    }

    /// A store that records the reads.
    private static final class RecordingBlobStore implements BlobStore {
        private final BlobStore store = new MemoryBlobStore(InstantSource.system());
        private final List<String> asked = new ArrayList<>();

        @Override
        public Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content, Duration life) {
            return store.put(group, sha256, content, life);
        }

        @Override
        public Mono<BlobInfo> info(GroupId group, Bytes sha256) {
            return store.info(group, sha256);
        }

        @Override
        public Mono<Bytes> get(GroupId group, Bytes sha256) {
            asked.add("get");
            return store.get(group, sha256);
        }

        @Override
        public Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length) {
            asked.add("part");
            return store.part(group, sha256, from, length);
        }
    }
}
