/* A minimal WebSocket broadcaster. It measures the cost of fan-out with send() alone.
 *
 *   broadcast send|uring separate|joined
 *
 * Prints its port on a line, then serves until it is killed. A connection to /publish is a publisher: each of
 * its binary messages goes to every other connection. "separate" sends each message separately, in order of
 * arrival; "joined" puts the messages of one read into one send() per connection. "uring" submits the sends of
 * one message as a batch of io_uring requests, with plain system calls, and reaps their completions.
 *
 * It does not tolerate slow receivers: a send that would block ends the connection. It has no limits, and checks
 * only the path of the handshake: it is a yardstick, not a server.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 65536, OUT_MAX = 4 << 20, IN_MAX = 4 << 20, RING = 4096 };
enum { HANDSHAKE, RECEIVER, PUBLISHER };

static struct { char state; } connections[CONNECTIONS_MAX];
static int receivers[CONNECTIONS_MAX], receiver_count;
static int place[CONNECTIONS_MAX];
static unsigned char in[IN_MAX], out[OUT_MAX];
static size_t in_length; /* bytes in `in`, from the only publisher */
static int poller, publisher = -1, joined, use_ring;

static void die(const char *what) { perror(what); exit(1); }

/* SHA-1 and base64, for Sec-WebSocket-Accept. Lockstep's clients do not check it, others may. */
static uint32_t roll(uint32_t x, int n) { return x << n | x >> (32 - n); }

static void sha1(const char *text, size_t length, unsigned char digest[20]) {
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char block[192] = {0};
    size_t blocks = (length + 8) / 64 + 1;
    memcpy(block, text, length);
    block[length] = 0x80;
    for (int i = 0; i < 8; i++) block[blocks * 64 - 1 - i] = (unsigned char)((uint64_t)length * 8 >> 8 * i);
    for (size_t b = 0; b < blocks; b++) {
        uint32_t w[80], a = h[0], c = h[1], d = h[2], e = h[3], f = h[4];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)block[b * 64 + 4 * i] << 24 | block[b * 64 + 4 * i + 1] << 16
                 | block[b * 64 + 4 * i + 2] << 8 | block[b * 64 + 4 * i + 3];
        for (int i = 16; i < 80; i++) w[i] = roll(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t g, k;
            if (i < 20) { g = (c & d) | (~c & e); k = 0x5A827999; }
            else if (i < 40) { g = c ^ d ^ e; k = 0x6ED9EBA1; }
            else if (i < 60) { g = (c & d) | (c & e) | (d & e); k = 0x8F1BBCDC; }
            else { g = c ^ d ^ e; k = 0xCA62C1D6; }
            uint32_t t = roll(a, 5) + g + f + k + w[i];
            f = e; e = d; d = roll(c, 30); c = a; a = t;
        }
        h[0] += a; h[1] += c; h[2] += d; h[3] += e; h[4] += f;
    }
    for (int i = 0; i < 20; i++) digest[i] = (unsigned char)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const unsigned char *from, int length, char *to) {
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int o = 0;
    for (int i = 0; i < length; i += 3) {
        uint32_t v = (uint32_t)from[i] << 16 | (i + 1 < length ? from[i + 1] << 8 : 0) | (i + 2 < length ? from[i + 2] : 0);
        to[o++] = set[v >> 18];
        to[o++] = set[v >> 12 & 63];
        to[o++] = i + 1 < length ? set[v >> 6 & 63] : '=';
        to[o++] = i + 2 < length ? set[v & 63] : '=';
    }
    to[o] = 0;
}

static void leave(int fd) {
    if (connections[fd].state == RECEIVER) {
        int last = receivers[--receiver_count];
        receivers[place[fd]] = last;
        place[last] = place[fd];
    } else if (fd == publisher) {
        publisher = -1;
    }
    connections[fd].state = HANDSHAKE;
    close(fd);
}

static void upgrade(int fd) {
    char request[4096], answer[256], accept[32], text[128];
    unsigned char digest[20];
    ssize_t n = recv(fd, request, sizeof request - 1, 0);
    if (n <= 0) { if (n == 0 || errno != EAGAIN) leave(fd); return; }
    request[n] = 0;
    char *key = strcasestr(request, "\r\nsec-websocket-key:");
    if (!key || !strstr(request, "\r\n\r\n")) { leave(fd); return; } /* one read returns all of it on loopback */
    key += 20;
    while (*key == ' ') key++;
    int length = snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)strcspn(key, "\r"), key);
    sha1(text, (size_t)length, digest);
    base64(digest, 20, accept);
    length = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    if (strncmp(request, "GET /publish", 12) == 0) {
        connections[fd].state = PUBLISHER;
        publisher = fd;
        in_length = 0;
    } else {
        connections[fd].state = RECEIVER;
        place[fd] = receiver_count;
        receivers[receiver_count++] = fd;
    }
    if (send(fd, answer, (size_t)length, MSG_NOSIGNAL) != length) leave(fd);
}

/* io_uring, with plain system calls. */
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static int ring;

static void open_ring(void) {
    struct io_uring_params p = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
    ring = (int)syscall(__NR_io_uring_setup, RING, &p);
    if (ring < 0) { memset(&p, 0, sizeof p); ring = (int)syscall(__NR_io_uring_setup, RING, &p); }
    if (ring < 0) die("io_uring_setup");
    size_t size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
    size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
    char *sq = mmap(0, size > cq_size ? size : cq_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    char *cq = p.features & IORING_FEAT_SINGLE_MMAP ? sq
        : mmap(0, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
    sqes = mmap(0, p.sq_entries * sizeof *sqes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED) die("mmap");
    sq_tail = (unsigned *)(sq + p.sq_off.tail);
    sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    sq_array = (unsigned *)(sq + p.sq_off.array);
    cq_head = (unsigned *)(cq + p.cq_off.head);
    cq_tail = (unsigned *)(cq + p.cq_off.tail);
    cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
}

static void submit(unsigned count, size_t length) {
    if (syscall(__NR_io_uring_enter, ring, count, count, IORING_ENTER_GETEVENTS, NULL, 0) < 0) die("io_uring_enter");
    unsigned head = *cq_head, reaped = 0;
    while (reaped < count) {
        if (head == __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE)) {
            __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
            if (syscall(__NR_io_uring_enter, ring, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) die("io_uring_enter");
            continue;
        }
        struct io_uring_cqe *cqe = &cqes[head++ & *cq_mask];
        if (cqe->res != (int)length) shutdown((int)cqe->user_data, SHUT_RDWR);
        reaped++;
    }
    __atomic_store_n(cq_head, head, __ATOMIC_RELEASE);
}

static void broadcast_ring(const unsigned char *bytes, size_t length) {
    unsigned tail = *sq_tail, count = 0;
    for (int i = 0; i < receiver_count; i++) {
        unsigned at = tail & *sq_mask;
        struct io_uring_sqe *sqe = &sqes[at];
        memset(sqe, 0, sizeof *sqe);
        sqe->opcode = IORING_OP_SEND;
        sqe->fd = receivers[i];
        sqe->addr = (uintptr_t)bytes;
        sqe->len = (unsigned)length;
        sqe->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
        sqe->user_data = (uint64_t)receivers[i];
        sq_array[at] = at;
        tail++;
        if (++count == RING / 4 || i == receiver_count - 1) {
            __atomic_store_n(sq_tail, tail, __ATOMIC_RELEASE);
            submit(count, length);
            count = 0;
        }
    }
}

static void broadcast(const unsigned char *bytes, size_t length) {
    if (use_ring) { broadcast_ring(bytes, length); return; }
    for (int i = receiver_count - 1; i >= 0; i--)
        if (send(receivers[i], bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)length)
            shutdown(receivers[i], SHUT_RDWR);
}

/* Processes the complete frames from the publisher; keeps the rest. */
static void publish(int fd) {
    ssize_t n = recv(fd, in + in_length, sizeof in - in_length, 0);
    if (n <= 0) { if (n == 0 || errno != EAGAIN) leave(fd); return; }
    in_length += (size_t)n;
    size_t at = 0, ready = 0;
    for (;;) {
        size_t left = in_length - at, head = 6;
        if (left < 6) break;
        uint64_t length = in[at + 1] & 127;
        if (length == 126) { head = 8; if (left < 8) break; length = (uint64_t)in[at + 2] << 8 | in[at + 3]; }
        else if (length == 127) { head = 14; if (left < 14) break; length = 0; for (int i = 0; i < 8; i++) length = length << 8 | in[at + 2 + i]; }
        if (left < head + length) break;
        unsigned char *mask = in + at + head - 4, *payload = in + at + head;
        if ((in[at] & 15) == 2 && length + 10 < sizeof out - ready) {
            out[ready++] = 0x82;
            if (length <= 125) out[ready++] = (unsigned char)length;
            else if (length <= 65535) { out[ready++] = 126; out[ready++] = (unsigned char)(length >> 8); out[ready++] = (unsigned char)length; }
            else { out[ready++] = 127; for (int i = 7; i >= 0; i--) out[ready++] = (unsigned char)(length >> 8 * i); }
            for (uint64_t i = 0; i < length; i++) out[ready++] = payload[i] ^ mask[i & 3];
            if (!joined) { broadcast(out, ready); ready = 0; }
        }
        at += head + length;
    }
    if (ready) broadcast(out, ready);
    memmove(in, in + at, in_length - at);
    in_length -= at;
}

int main(int count, char **arguments) {
    if (count != 3) { fprintf(stderr, "broadcast send|uring separate|joined\n"); return 2; }
    use_ring = strcmp(arguments[1], "uring") == 0;
    joined = strcmp(arguments[2], "joined") == 0;
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (use_ring) open_ring();
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(listener, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096)
        || getsockname(listener, (struct sockaddr *)&address, &size)) die("listen");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(poller, events, 512, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int fresh;
                while ((fresh = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    if (fresh >= CONNECTIONS_MAX) { close(fresh); continue; }
                    setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    connections[fresh].state = HANDSHAKE;
                    event.events = EPOLLIN;
                    event.data.fd = fresh;
                    epoll_ctl(poller, EPOLL_CTL_ADD, fresh, &event);
                }
            } else if (connections[fd].state == HANDSHAKE) {
                upgrade(fd);
            } else if (fd == publisher) {
                publish(fd);
            } else {
                char drop[512];
                ssize_t got = recv(fd, drop, sizeof drop, 0);
                if (got == 0 || (got < 0 && errno != EAGAIN)) leave(fd);
            }
        }
    }
}
