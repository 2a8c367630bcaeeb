package io.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lockstep.client.bouncycastle.BouncyCastleEngine;
import io.lockstep.client.mls.MlsGroup.Change;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecodeCommandTest {
    /// One message of each kind, created by the engine.
    private record Samples(
            Bytes privateMessage, Bytes welcome, Bytes groupInfo, Bytes keyPackage) {}

    private static Samples samples =
            new Samples(Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY, Bytes.EMPTY);
    @TempDir private Path folder;

    @BeforeAll
    static void generate() {
        try (var engine = BouncyCastleEngine.start("decode test", InstantSource.system())) {
            samples =
                    engine.call(
                                    mls -> {
                                        var alice = mls.newIdentity(Bytes.ofHex("616c696365"), 1);
                                        var bob = mls.newIdentity(Bytes.ofHex("626f62"), 1);
                                        var group =
                                                alice.createGroup(
                                                        new GroupId(Bytes.ofHex("726f6f6d")));
                                        var keyPackage = bob.newKeyPackage();
                                        var add = group.stage(Change.adding(List.of(keyPackage)));
                                        return new Samples(
                                                group.encrypt(Bytes.ofHex("00"), Bytes.EMPTY),
                                                add.welcome(),
                                                add.groupInfo(),
                                                keyPackage);
                                    })
                            .toFuture()
                            .join();
        }
    }

    private record Run(int exit, String output, String error) {}

    private Run decode(byte[] input) {
        try {
            return run(Files.write(folder.resolve("message"), input).toString());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Run run(String source) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exit =
                Main.commandLine()
                        .setOut(new PrintWriter(out))
                        .setErr(new PrintWriter(err))
                        .execute("decode", source);
        return new Run(exit, out.toString(), err.toString());
    }

    @Test
    void rawHexAndBase64ReadTheSame() {
        var bytes = samples.privateMessage().toArray();
        var raw = decode(bytes);
        assertThat(raw.exit()).isZero();
        assertThat(raw.output()).contains("wire_format", "group_id", "epoch", "application");
        assertThat(
                        decode(
                                (samples.privateMessage().hex() + "\n")
                                        .getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(raw);
        assertThat(decode(Base64.getMimeEncoder().encode(bytes))).isEqualTo(raw);
        assertThat(decode(Base64.getUrlEncoder().withoutPadding().encode(bytes))).isEqualTo(raw);
    }

    @Test
    void everyKindOfMessageIsDescribed() {
        assertThat(decode(samples.welcome().toArray()).output()).contains("welcome");
        assertThat(decode(samples.groupInfo().toArray()).output()).contains("group_info");
        assertThat(decode(samples.keyPackage().toArray()).output()).contains("key_package");
    }

    /// Regression: it was read as a PublicMessage, because suite 1 is at the offset of the wire
    /// format in an MLSMessage.
    @Test
    void aBareKeyPackageIsRecognised() {
        var whole = samples.keyPackage();
        var bare = whole.slice(4, whole.size() - 4);
        var run = decode(bare.toArray());
        assertThat(run.exit()).isZero();
        assertThat(run.output())
                .contains("bare, without an MLSMessage", "init_key", "not_after")
                .doesNotContain("wire_format", "sender");
        assertThat(decode(bare.hex().getBytes(StandardCharsets.US_ASCII))).isEqualTo(run);
        var cut = decode(Arrays.copyOf(bare.toArray(), bare.size() - 1));
        assertThat(cut.exit()).isEqualTo(1);
        var trailing = decode(Arrays.copyOf(bare.toArray(), bare.size() + 1));
        assertThat(trailing.exit()).isEqualTo(1);
    }

    @Test
    void aTruncatedMessageIsMalformedAndTheOffsetIsPrinted() {
        var bytes = samples.privateMessage().toArray();
        var run = decode(Arrays.copyOf(bytes, bytes.length - 1));
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.error()).startsWith("lockstep: malformed_message at offset");
    }

    /// Regression: a message on the command line was "no file", and other text was read as bytes.
    @Test
    void theBytesMayBeOnTheCommandLineAndOtherTextIsRefused() {
        var bytes = samples.welcome().toArray();
        var fromFile = decode(bytes);
        assertThat(run(samples.welcome().hex())).isEqualTo(fromFile);
        assertThat(run(Base64.getEncoder().encodeToString(bytes))).isEqualTo(fromFile);

        var missing = run("message.bin");
        assertThat(missing.exit()).isEqualTo(1);
        assertThat(missing.error())
                .isEqualToIgnoringNewLines("lockstep: there is no file message.bin");
        var text = decode("Hello, world!\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(text.exit()).isEqualTo(1);
        assertThat(text.error())
                .isEqualToIgnoringNewLines(
                        "lockstep: the input is text, and neither the hex nor the base64 of an"
                                + " MLSMessage");
    }
}
