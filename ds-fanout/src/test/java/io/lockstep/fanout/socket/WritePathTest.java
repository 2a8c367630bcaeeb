package io.lockstep.fanout.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lockstep.fanout.RawSocket;
import io.lockstep.fanout.SecureSocket;
import io.lockstep.fanout.outbound.WritePath;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

/// Bytes arrive complete and in order on real sockets, by every write path.
class WritePathTest {
    private static final int CONNECTIONS = 20;
    private static final int PLACES = 8;
    private static final long SEED = 20_261_123;

    private MultiThreadIoEventLoopGroup loops;
    private Channel listening;
    private final BlockingQueue<EpollSocketChannel> accepted = new LinkedBlockingQueue<>();
    private final List<Socket> clients = new ArrayList<>();
    private final List<SocketDeliverySink> sinks = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();

    @BeforeEach
    void connect() throws Exception {
        assumeTrue(Epoll.isAvailable());
        loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        listening =
                new ServerBootstrap()
                        .group(loops)
                        .channel(EpollServerSocketChannel.class)
                        // Small buffers, so that sockets are soon full.
                        .childOption(ChannelOption.SO_SNDBUF, 8 * 1024)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(1 << 24, 1 << 25))
                        .childHandler(
                                new ChannelInitializer<EpollSocketChannel>() {
                                    @Override
                                    protected void initChannel(EpollSocketChannel channel) {
                                        channel.pipeline()
                                                .addLast(new ChannelInboundHandlerAdapter() {});
                                        accepted.add(channel);
                                    }
                                })
                        .bind(InetAddress.getLoopbackAddress(), 0)
                        .sync()
                        .channel();
        for (int i = 0; i < CONNECTIONS; i++) {
            var client = new Socket();
            client.setReceiveBufferSize(8 * 1024);
            client.connect(listening.localAddress());
            clients.add(client);
            sinks.add(new SocketDeliverySink(accepted.poll(10, TimeUnit.SECONDS)));
        }
    }

    @AfterEach
    void end() throws Exception {
        for (var client : clients) {
            client.close();
        }
        if (loops != null) {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @ParameterizedTest
    @EnumSource
    void everySocketGetsAllBytesInOrderHoweverLateItReads(WritePathChoice choice) throws Exception {
        var path = open(choice);
        var random = new Random(SEED);
        var expected = new ByteArrayOutputStream();
        for (int round = 0; round < 50; round++) {
            byte[] bytes = new byte[1 + random.nextInt(20_000)];
            random.nextBytes(bytes);
            expected.writeBytes(bytes);
            onLoop(() -> broadcast(path, bytes));
        }
        for (var client : clients) {
            byte[] read = client.getInputStream().readNBytes(expected.size());
            assertThat(Arrays.mismatch(read, expected.toByteArray()))
                    .as("where it differs, of seed %d", SEED)
                    .isEqualTo(-1);
        }
        assertThat(failures).isEmpty();
    }

    /// Few enough bytes that no socket is ever full: queued bytes are not sealed here.
    @Test
    void bytesThatARingSendsToSecureSocketsAreSealedByEachOfThem() throws Exception {
        var path = open(WritePathChoice.RING);
        var random = new Random(SEED);
        var seals = new AtomicInteger();
        for (int i = 0; i < CONNECTIONS; i++) {
            byte key = (byte) (i + 1);
            var plain = sinks.get(i).channel();
            sinks.set(i, new SocketDeliverySink(plain, raw -> new XorSocket(raw, key, seals)));
        }
        var expected = new ByteArrayOutputStream();
        for (int round = 0; round < 20; round++) {
            byte[] bytes = new byte[1 + random.nextInt(200)];
            random.nextBytes(bytes);
            expected.writeBytes(bytes);
            onLoop(() -> broadcast(path, bytes));
        }
        for (int i = 0; i < CONNECTIONS; i++) {
            byte[] read = clients.get(i).getInputStream().readNBytes(expected.size());
            for (int at = 0; at < read.length; at++) {
                read[at] ^= (byte) (i + 1);
            }
            assertThat(Arrays.mismatch(read, expected.toByteArray()))
                    .as("where %d differs, of seed %d", i, SEED)
                    .isEqualTo(-1);
        }
        assertThat(seals).hasValue(20 * CONNECTIONS);
        assertThat(failures).isEmpty();
    }

    /// Seals with a key of one byte.
    private record XorSocket(RawSocket below, byte key, AtomicInteger seals)
            implements SecureSocket {
        @Override
        public boolean seal(ByteBuffer plain, ByteBuffer records) {
            while (plain.hasRemaining()) {
                records.put((byte) (plain.get() ^ key));
            }
            seals.incrementAndGet();
            return true;
        }

        @Override
        public FileDescriptor descriptor() {
            return below.descriptor();
        }

        @Override
        public void writeRest(ByteBuf bytes) {
            below.writeRest(bytes);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsQueuedGoesFirst(WritePathChoice choice) throws Exception {
        var path = open(choice);
        onLoop(() -> {
            for (var sink : sinks) {
                sink.write(direct(new byte[] {'a'}));
            }
            broadcast(path, new byte[] {'b'});
            for (var sink : sinks) {
                sink.write(direct(new byte[] {'c'}));
                sink.flush();
            }
        });
        for (var client : clients) {
            assertThat(client.getInputStream().readNBytes(3)).isEqualTo(new byte[] {'a', 'b', 'c'});
        }
    }

    @ParameterizedTest
    @EnumSource
    void aConnectionThatWasResetEndsAndCostsNobodyElse(WritePathChoice choice) throws Exception {
        var path = open(choice);
        var gone = sinks.get(3).channel();
        clients.get(3).setSoLinger(true, 0);
        clients.get(3).close();
        gone.closeFuture().await(10, TimeUnit.SECONDS);
        var half = sinks.get(5).channel();
        ((io.netty.channel.unix.Socket) half.fd()).shutdown(false, true);
        onLoop(() -> broadcast(path, new byte[] {1, 2, 3}));
        for (int i = 0; i < CONNECTIONS; i++) {
            if (i != 3 && i != 5) {
                assertThat(clients.get(i).getInputStream().readNBytes(3))
                        .isEqualTo(new byte[] {1, 2, 3});
            }
        }
        assertThat(half.closeFuture().await(10, TimeUnit.SECONDS)).isTrue();
    }

    /// Closes the path of a thread that still writes: its bytes use another way.
    @ParameterizedTest
    @EnumSource
    void afterItIsClosedBytesStillArrive(WritePathChoice choice) throws Exception {
        var path = open(choice);
        onLoop(() -> {
            broadcast(path, new byte[] {1});
            path.close();
            broadcast(path, new byte[] {2});
        });
        for (var client : clients) {
            assertThat(client.getInputStream().readNBytes(2)).isEqualTo(new byte[] {1, 2});
        }
    }

    @Test
    void aRingThatFailsWhileItIsFullLosesNoBytes() throws Exception {
        var libc = new Libc();
        var memory = new AtomicReference<IoUringMemory>();
        var path =
                new IoUringWritePath(
                        PLACES,
                        PooledByteBufAllocator.DEFAULT,
                        slots -> {
                            memory.set(mapped(libc, slots));
                            return IoUringSender.over(libc, memory.get(), slots);
                        },
                        (_, failure) -> failures.add(failure));
        onLoop(() -> {
            broadcast(path, new byte[] {1});
            libc.close(memory.get().descriptor());
            broadcast(path, new byte[] {2}); // more sinks than ring entries
            broadcast(path, new byte[] {3});
        });
        for (var client : clients) {
            assertThat(client.getInputStream().readNBytes(3)).isEqualTo(new byte[] {1, 2, 3});
        }
        assertThat(failures).isEmpty();
    }

    private static IoUringMemory mapped(Libc libc, int slots) {
        try {
            return IoUringMemory.map(libc, slots);
        } catch (IoUringException e) {
            throw new TestAbortedException(e.getMessage());
        }
    }

    private WritePath open(WritePathChoice choice) {
        try {
            return choice.settled()
                    .open(
                            PLACES,
                            PooledByteBufAllocator.DEFAULT,
                            (_, failure) -> failures.add(failure));
        } catch (IllegalStateException e) {
            assumeTrue(false, e.getMessage());
            throw e;
        }
    }

    /// Writes as a slice of a pass does.
    private void broadcast(WritePath path, byte[] bytes) {
        var frames = direct(bytes);
        for (var sink : sinks) {
            path.write(sink, frames, bytes.length);
        }
        path.settle();
        frames.release();
    }

    private static ByteBuf direct(byte[] bytes) {
        return PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }

    private void onLoop(Runnable task) throws Exception {
        loops.submit(task).get(10, TimeUnit.SECONDS);
    }
}
