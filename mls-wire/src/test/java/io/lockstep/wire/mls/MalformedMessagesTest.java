package io.lockstep.wire.mls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.Code;
import io.lockstep.wire.SharedFolder;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MalformedMessagesTest {
    private static final String GROUP_EPOCH_1 = "04726f6f6d" + "0000000000000001";

    // PROTOCOL R-STRICT-1
    @Test
    void aTruncatedMessageIsMalformed() {
        MessageGenerator.all(1).forEach(MalformedMessagesTest::assertEveryCutMalformed);
    }

    @Test
    void aTruncatedRealMessageIsMalformed() {
        SharedFolder.samples().forEach(MalformedMessagesTest::assertEveryCutMalformed);
    }

    private static void assertEveryCutMalformed(String name, Bytes message) {
        for (int size = 0; size < message.size(); size++) {
            assertMalformed(message.slice(0, size), name + " cut to " + size);
        }
    }

    // PROTOCOL R-STRICT-1
    @Test
    void aTrailingByteIsMalformed() {
        var all = new LinkedHashMap<>(MessageGenerator.all(2));
        all.forEach((name, message) -> {
            assertMalformed(Bytes.ofHex(message.hex() + "00"), name);
            assertMalformed(Bytes.ofHex(message.hex() + "00".repeat(100)), name);
        });
    }

    // PROTOCOL R-STRICT-1
    @Test
    void aLengthNotInItsShortestFormIsMalformedAnywhere() throws Exception {
        int tried = 0;
        for (var entry : MessageGenerator.all(3).entrySet()) {
            var message = entry.getValue();
            for (var field : MlsDescriber.describe(message)) {
                int first = message.at(field.offset());
                if (field.length() == 1 + first && first < 0x40 && isVector(field.name())) {
                    var longer =
                            message.slice(0, field.offset()).hex()
                                    + "40"
                                    + message.slice(field.offset(), message.size() - field.offset())
                                            .hex();
                    assertMalformed(Bytes.ofHex(longer), entry.getKey() + " " + field.name());
                    tried++;
                }
            }
        }
        assertThat(tried).isGreaterThan(50);
    }

    private static boolean isVector(String name) {
        return name.endsWith("_id")
                || name.endsWith("_key")
                || name.endsWith("hash")
                || name.endsWith("_tag")
                || name.endsWith("identity")
                || name.endsWith("authenticated_data");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // group_id, authenticated_data, encrypted_sender_data of a PrivateMessage
                "00010002bfffffff00000000",
                "00010002" + GROUP_EPOCH_1 + "01bfffffff",
                "00010002" + GROUP_EPOCH_1 + "0100bfffffff",
                // the proposal list of a commit
                "00010001" + GROUP_EPOCH_1 + "0100000000" + "0003" + "bfffffff0000",
                // secrets, and new_member
                "000100030001bfffffff0000",
                "00010003000108bfffffff00000000",
                // extensions of a GroupInfo; init_key of a KeyPackage; a bare one
                "0001000400010001" + GROUP_EPOCH_1 + "0000bfffffff0000",
                "0001000500010001bfffffff",
                "00010001bfffffff00000000"
            })
    void twelveBytesThatAnnounceAGibibyteAllocateNothing(String hex) {
        var bytes = Bytes.ofHex(hex);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assertMalformed(bytes, hex); // once to load the classes
        long before = threads.getCurrentThreadAllocatedBytes();
        assertMalformed(bytes, hex);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(200_000);
    }

    @Test
    @DisplayName("millions of empty elements neither overflow a stack nor stall")
    void manyTinyElements() throws MalformedMessageException {
        int count = 2_000_000;
        var commit =
                MessageGenerator.message(
                        1,
                        out -> {
                            Bytes.ofHex(GROUP_EPOCH_1 + "0100000000" + "0003").writeTo(out);
                            MessageGenerator.vector(
                                    out,
                                    list ->
                                            list.writeBytes(
                                                    "\2\0"
                                                            .repeat(count)
                                                            .getBytes(
                                                                    java.nio.charset
                                                                            .StandardCharsets
                                                                            .ISO_8859_1)));
                            out.writeBytes(new byte[4]);
                        });
        assertThat(MlsMessageReader.read(commit)).isInstanceOf(PublicMessage.class);
    }

    // PROTOCOL R-STRICT-4
    @ParameterizedTest
    @CsvSource({"00000002, 0", "00020002, 0", "ffff0001, 0", "01000200, 0"})
    void anotherVersionHasItsOwnCode(String start, int offset) {
        assertCode(start + GROUP_EPOCH_1, Code.UNSUPPORTED_VERSION, offset);
    }

    @Test
    void anotherVersionInsideHasItsOwnCodeToo() {
        assertCode("00010005" + "00020001", Code.UNSUPPORTED_VERSION, 4);
        assertCode("00010004" + "00020001", Code.UNSUPPORTED_VERSION, 4);
    }

    // PROTOCOL R-STRICT-4
    @ParameterizedTest
    @ValueSource(strings = {"00010000", "00010006", "0001f000", "0001ffff"})
    void anUnknownWireFormatIsTheWrongKind(String start) {
        assertCode(start + GROUP_EPOCH_1, Code.WRONG_MESSAGE_KIND, 2);
    }

    @Test
    void onlyMessagesOfAGroupHaveAGroupHeader() {
        for (var name : new String[] {"welcome-1", "group-info", "key-package-suite-1"}) {
            var message = MessageGenerator.all(1).getOrDefault(name, Bytes.EMPTY);
            assertThatExceptionOfType(MalformedMessageException.class)
                    .isThrownBy(() -> GroupMessageHeader.read(message.asByteBuf()))
                    .satisfies(e -> assertThat(e.code()).isEqualTo(Code.WRONG_MESSAGE_KIND));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4, 255})
    void contentTypesAreOneToThree(int type) {
        assertMalformed(new MessageGenerator(1).privateMessage(type, 20), "content type " + type);
        assertMalformed(
                new MessageGenerator(1).publicMessage(2, type, out -> out.writeInt(0x0003_0000)),
                "");
    }

    // PROTOCOL R-STRICT-3
    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "3,1", "4,1", "2,3", "3,3", "4,2", "0,2", "5,2", "0,3", "9,3"})
    @DisplayName("§6, §12.1.8, §12.4.3.2: a message that its sender type may not send is malformed")
    void sendersAndContent(int sender, int content) {
        var make = new MessageGenerator(1);
        assertMalformed(
                make.publicMessage(
                        sender,
                        content,
                        out -> {
                            if (content == 3) {
                                out.writeShort(0);
                            } else {
                                make.proposal(out, 3);
                            }
                        }),
                "sender " + sender + " content " + content);
    }

    // PROTOCOL R-FRAME-5
    @Test
    void aGroupIdHasOneTo255Bytes() throws MalformedMessageException {
        assertMalformed(Bytes.ofHex("00010002" + "00" + "00".repeat(8) + "01000000"), "none");
        var longest = "00010002" + "40ff" + "aa".repeat(255) + "00".repeat(8) + "01000000";
        assertThat(GroupMessageHeader.read(Bytes.ofHex(longest).asByteBuf()).groupId().bytes())
                .isEqualTo(Bytes.ofHex("aa".repeat(255)));
        assertMalformed(
                Bytes.ofHex("00010002" + "4100" + "aa".repeat(256) + "00".repeat(8) + "01000000"),
                "256");
    }

    // PROTOCOL R-FRAME-6
    @Test
    void anEpochHas63Bits() throws MalformedMessageException {
        var largest = Bytes.ofHex("00010002" + "0161" + "7f" + "ff".repeat(7) + "01000000");
        assertThat(GroupMessageHeader.read(largest.asByteBuf()).epoch()).isEqualTo(Long.MAX_VALUE);
        assertMalformed(
                Bytes.ofHex("00010002" + "0161" + "80" + "00".repeat(7) + "01000000"), "2^63");
    }

    @Test
    void aProposalOfUnknownTypeIsAcceptedUnchecked() throws MalformedMessageException {
        for (int type : new int[] {0, 8, 0x0a, 0x0a0a, 0xf001}) {
            var make = new MessageGenerator(type);
            var header = GroupMessageHeader.read(make.publicProposal(1, type).asByteBuf());
            assertThat(header.contentType()).isEqualTo(ContentType.PROPOSAL);
            assertThat(header.isContentRead()).isFalse();
        }
    }

    @Test
    void anUnknownProposalInACommitHidesOnlyTheRestOfTheList() throws MalformedMessageException {
        var make = new MessageGenerator(5);
        var message =
                make.publicMessage(
                        1,
                        3,
                        out -> {
                            MessageGenerator.vector(
                                    out,
                                    list -> {
                                        list.writeByte(1);
                                        make.proposal(list, 3);
                                        list.writeByte(1);
                                        make.proposal(list, 0xf001);
                                    });
                            out.writeByte(0);
                        });
        assertThat(GroupMessageHeader.read(message.asByteBuf()).isContentRead()).isFalse();
        assertEveryCutMalformed("commit with an unknown proposal", message);
        assertMalformed(Bytes.ofHex(message.hex() + "00"), "a byte too many");
    }

    @Test
    void theHeaderIsReadInPlaceAndCopiesOnRequest() throws MalformedMessageException {
        var message = new MessageGenerator(9).privateMessage(3, 50);
        var buffer = Unpooled.buffer().writeInt(-1);
        message.writeTo(buffer);
        buffer.writeInt(-1);
        buffer.readerIndex(4).writerIndex(4 + message.size());
        var header = GroupMessageHeader.read(buffer);
        assertThat(buffer.readerIndex()).isEqualTo(4);
        assertThat(buffer.readableBytes()).isEqualTo(message.size());
        assertThat(header.toMessage()).isEqualTo(MlsMessageReader.read(message));
        assertThat(header.senderIndex()).isEmpty();
        assertThat(header.senderType()).isEqualTo(SenderType.MEMBER);
    }

    @Test
    void readingAChangedMessageAgreesWithDescribingIt() {
        long seed = Long.getLong("lockstep.seed", 20261123L);
        var random = new Random(seed);
        var originals = Map.copyOf(MessageGenerator.all(seed)).values().toArray(Bytes[]::new);
        for (int i = 0; i < 30_000; i++) {
            var bytes = mutated(random, originals[random.nextInt(originals.length)]);
            try {
                ReadingProperty.check(bytes);
            } catch (AssertionError | RuntimeException e) {
                fail("seed " + seed + " round " + i + ": " + bytes.hex(), e);
            }
        }
    }

    private static Bytes mutated(Random random, Bytes original) {
        var array = original.toArray();
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            // Most structure is at the start.
            int at =
                    random.nextInt(
                            random.nextBoolean() ? array.length : Math.min(array.length, 80));
            array[at] =
                    (byte)
                            switch (random.nextInt(4)) {
                                case 0 -> array[at] ^ 1 << random.nextInt(8);
                                case 1 -> array[at] + 1;
                                case 2 -> 0xff;
                                default -> random.nextInt(256);
                            };
        }
        return Bytes.wrap(array);
    }

    private static void assertMalformed(Bytes bytes, String what) {
        assertThatThrownBy(() -> MlsMessageReader.read(bytes))
                .as(what)
                .isExactlyInstanceOf(MalformedMessageException.class)
                .hasNoCause();
        assertThatThrownBy(() -> MlsDescriber.describe(bytes))
                .as(what)
                .isExactlyInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> GroupMessageHeader.read(bytes.asByteBuf()))
                .as(what)
                .isExactlyInstanceOf(MalformedMessageException.class);
    }

    private static void assertCode(String hex, Code code, int offset) {
        assertThatExceptionOfType(MalformedMessageException.class)
                .isThrownBy(() -> MlsMessageReader.read(Bytes.ofHex(hex)))
                .satisfies(e -> assertThat(e.code()).isEqualTo(code))
                .satisfies(e -> assertThat(e.offset()).isEqualTo(offset))
                .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
    }
}
