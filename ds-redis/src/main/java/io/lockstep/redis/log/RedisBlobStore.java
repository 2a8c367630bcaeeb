package io.lockstep.redis.log;

import io.lockstep.log.BlobInfo;
import io.lockstep.log.BlobQuota;
import io.lockstep.log.BlobQuotaExceededException;
import io.lockstep.log.BlobStore;
import io.lockstep.log.LogUnavailableException;
import io.lockstep.redis.BrokenSealException;
import io.lockstep.redis.PipelinedConnection;
import io.lockstep.redis.RedisConnections;
import io.lockstep.redis.RedisUnavailableException;
import io.lockstep.redis.Script;
import io.lockstep.redis.ScriptReply;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.runtime.Keyring;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// [BlobStore] on Redis. Each blob is a hash of sealed chunks, so that no command is long. A blob
/// exists once its last chunk is stored; then `s` is its size. Chunks of two uploads of the same
/// blob may mix, because they contain the same bytes. Blobs use a connection of their own, so no
/// append waits behind a chunk.
public final class RedisBlobStore implements BlobStore {
    private static final Logger LOG = LoggerFactory.getLogger(RedisBlobStore.class);
    private static final Script PUT = Script.of("log/blobs", "log/put_blob");
    private static final byte[] SIZE = Script.ascii("s");
    private static final byte[] POSITION = Script.ascii("p");
    private static final int FULL = 2;

    /// A few hundred microseconds of Redis time, and of sealing.
    static final int CHUNK_BYTES = 256 << 10;

    /// Chunks of one blob that are requested from Redis at the same time.
    private static final int READ_AHEAD = 2;

    private final PipelinedConnection connection;
    private final RedisKeyCache redisKeys;
    private final ValueSealer sealing;
    private final BlobQuota quota;

    public RedisBlobStore(RedisConnections connections, Keyring keyring) {
        this(connections, keyring, BlobQuota.DEFAULT);
    }

    public RedisBlobStore(RedisConnections connections, Keyring keyring, BlobQuota quota) {
        this.quota = quota;
        connection = connections.blobs();
        redisKeys = new RedisKeyCache(keyring);
        sealing = new ValueSealer(keyring.sealing());
    }

    @Override
    public Mono<Boolean> put(GroupId group, Bytes sha256, Bytes content, Duration life) {
        var keys = redisKeys.of(group);
        var touched =
                new byte[][] {keys.blob(sha256), keys.uploads(), keys.kept(), keys.keptBytes()};
        var said = said(content.size(), life);
        int chunks = chunks(content.size());
        return put(group, touched, said)
                .flatMap(known ->
                        known
                                ? Mono.just(false)
                                : Flux.range(0, chunks)
                                        .concatMap(i -> {
                                            var arguments = new ArrayList<>(said);
                                            arguments.add(Script.number(i == chunks - 1 ? 1 : 0));
                                            arguments.add(Script.number(i));
                                            arguments.add(seal(sha256, i, content));
                                            return put(group, touched, arguments);
                                        })
                                        .last()
                                        // Another upload of the same blob may have been faster.
                                        .map(whole -> !whole))
                .onErrorMap(e -> unavailable("blob put", group, e));
    }

    /// The arguments of each call, with or without a chunk.
    private List<byte[]> said(int size, Duration life) {
        return List.of(
                Script.number(life.toMillis()),
                Script.number(size),
                Script.number(life.compareTo(UNREFERENCED) > 0 ? 1 : 0),
                Script.number(quota.uploadsMax()),
                Script.number(quota.uploadBytesMax()),
                Script.number(quota.blobsMax()),
                Script.number(quota.bytesMax()));
    }

    /// @return whether the blob was complete before
    private Mono<Boolean> put(GroupId group, byte[][] keys, List<byte[]> arguments) {
        return PUT.run(connection, keys, arguments.toArray(byte[][]::new))
                .map(answer -> {
                    long whole = ScriptReply.of(answer).number(0);
                    if (whole == FULL) {
                        throw new BlobQuotaExceededException(group);
                    }
                    return whole == 1;
                });
    }

    private byte[] seal(Bytes sha256, int chunk, Bytes content) {
        int from = chunk * CHUNK_BYTES;
        int length = Math.min(CHUNK_BYTES, content.size() - from);
        return sealing.seal(SealPurpose.blobChunk(sha256, chunk), content.slice(from, length));
    }

    private static int chunks(long size) {
        return (int) Math.max(1, (size + CHUNK_BYTES - 1) / CHUNK_BYTES);
    }

    @Override
    public Mono<BlobInfo> info(GroupId group, Bytes sha256) {
        var key = redisKeys.of(group).blob(sha256);
        return connection
                .send(commands -> commands.hmget(key, SIZE, POSITION))
                .filter(fields -> fields.getFirst().hasValue())
                .map(fields ->
                        new BlobInfo(
                                ScriptReply.number(fields.getFirst().getValue()),
                                fields.getLast()
                                        .map(position ->
                                                OptionalLong.of(ScriptReply.number(position)))
                                        .getValueOrElse(OptionalLong.empty())))
                .onErrorMap(e -> unavailable("blob", group, e));
    }

    private Mono<Long> size(byte[] key) {
        return connection.send(commands -> commands.hget(key, SIZE)).map(ScriptReply::number);
    }

    @Override
    public Mono<Bytes> get(GroupId group, Bytes sha256) {
        var key = redisKeys.of(group).blob(sha256);
        return size(key)
                .flatMap(size -> get(key, sha256, size))
                .onErrorMap(e -> unavailable("blob", group, e))
                .onErrorMap(BrokenSealException.class, e -> unreadable(group, e));
    }

    @Override
    public Mono<Bytes> part(GroupId group, Bytes sha256, int from, int length) {
        var key = redisKeys.of(group).blob(sha256);
        int first = from / CHUNK_BYTES;
        int last = (from + length - 1) / CHUNK_BYTES;
        int skipped = from - first * CHUNK_BYTES;
        return Flux.range(first, last - first + 1)
                .concatMap(i -> chunk(key, sha256, i))
                .collect(ByteArrayOutputStream::new, ByteArrayOutputStream::writeBytes)
                .filter(chunks -> chunks.size() >= skipped + length)
                .map(chunks -> Bytes.wrap(chunks.toByteArray()).slice(skipped, length))
                .onErrorMap(e -> unavailable("blob", group, e))
                .onErrorMap(BrokenSealException.class, e -> unreadable(group, e));
    }

    private Mono<byte[]> chunk(byte[] key, Bytes sha256, int i) {
        return connection
                .send(commands -> commands.hget(key, Script.number(i)))
                .map(sealed -> sealing.open(SealPurpose.blobChunk(sha256, i), sealed));
    }

    private Mono<Bytes> get(byte[] key, Bytes sha256, long size) {
        return Mono.defer(() -> {
            var whole = new Assembly((int) size);
            return Flux.range(0, chunks(size))
                    .flatMapSequential(i -> chunk(key, sha256, i), READ_AHEAD)
                    .doOnNext(whole::add)
                    .then(Mono.fromSupplier(whole::bytes))
                    .filter(bytes -> {
                        boolean right = bytes.size() == size && whole.sha256().equals(sha256);
                        if (!right) {
                            // It expired meanwhile, or the stored size was changed.
                            LOG.warn("blob {} is incomplete", sha256.hex());
                        }
                        return right;
                    });
        });
    }

    private static Throwable unavailable(String what, GroupId group, Throwable cause) {
        return RedisUnavailableException.translated(
                cause, (effect, e) -> new LogUnavailableException(what, group, effect, e));
    }

    private static LogUnavailableException unreadable(GroupId group, Throwable cause) {
        return new LogUnavailableException("blob", group, cause);
    }

    /// Assembles a blob, one chunk after the other.
    private static final class Assembly {
        private final byte[] array;
        private final MessageDigest digest = Bytes.newSha256();
        private int size;

        Assembly(int size) {
            array = new byte[size];
        }

        void add(byte[] chunk) {
            int length = Math.min(chunk.length, array.length - size);
            System.arraycopy(chunk, 0, array, size, length);
            digest.update(chunk);
            size += length;
        }

        Bytes bytes() {
            return size == array.length ? Bytes.wrap(array) : Bytes.EMPTY;
        }

        Bytes sha256() {
            return Bytes.wrap(digest.digest());
        }
    }
}
