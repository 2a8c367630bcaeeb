package io.lockstep.cli;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsDescriber;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The command `decode`: prints the public fields of one MLSMessage with their offsets.
@Command(
        name = "decode",
        description = {
            "Prints the public fields of an MLSMessage, with their offsets.",
            "A KeyPackage alone, without the header of an MLSMessage (RFC 9420), is described too."
                    + " The input is the message itself, or its bytes in hex or base64: in a file,"
                    + " or on the command line."
        },
        mixinStandardHelpOptions = true)
final class DecodeCommand implements Callable<Integer> {
    private static final Pattern HEX = Pattern.compile("(?:[0-9a-fA-F]{2})+");
    private static final Pattern PRINTABLE = Pattern.compile("[\\p{Print}\\s]+");
    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/_-]+={0,2}");

    @Parameters(
            index = "0",
            defaultValue = "-",
            paramLabel = "FILE|TEXT",
            description = "a file, or - for standard input, or the bytes in hex or base64")
    private String source = "-";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        return decode(message());
    }

    private Bytes message() {
        try {
            return messageIn(
                    source.equals("-")
                            ? System.in.readAllBytes()
                            : Files.readAllBytes(Path.of(source)));
        } catch (IOException | InvalidPathException e) {
            // The name of a file is text, too. Bytes of an MLSMessage begin with a zero.
            var text = textIn(source).filter(bytes -> bytes.at(0) == 0);
            if (text.isPresent()) {
                return text.get();
            }
            throw new CommandFailure(
                    e instanceof NoSuchFileException
                            ? "there is no file " + source
                            : "the file " + source + " cannot be read: " + e.getMessage());
        }
    }

    private int decode(Bytes message) {
        try {
            var out = spec.commandLine().getOut();
            var fields = MlsDescriber.describe(message);
            int nameWidth = fields.stream().mapToInt(f -> f.name().length()).max().orElse(0);
            out.printf(
                    "%8s  %7s  %-" + nameWidth + "s  %s%n", "offset", "length", "field", "value");
            for (var field : fields) {
                out.printf(
                        "%8d  %7d  %-" + nameWidth + "s  %s%n",
                        field.offset(),
                        field.length(),
                        field.name(),
                        field.value());
            }
            out.flush();
            return 0;
        } catch (MalformedMessageException e) {
            throw new CommandFailure(
                    "%s at offset %d of %d: %s"
                            .formatted(
                                    e.code().wireName(), e.offset(), message.size(), e.detail()));
        }
    }

    /// Decodes hex or base64 input. Every MLSMessage begins with a zero byte, which text does not.
    static Bytes messageIn(byte[] input) {
        if (input.length == 0 || input[0] == 0) {
            return Bytes.wrap(input);
        }
        var text = new String(input, StandardCharsets.ISO_8859_1);
        var decoded = textIn(text);
        if (decoded.isEmpty() && PRINTABLE.matcher(text).matches()) {
            throw new CommandFailure(
                    "the input is text, and neither the hex nor the base64 of an MLSMessage");
        }
        return decoded.orElse(Bytes.wrap(input));
    }

    private static Optional<Bytes> textIn(String input) {
        var text = input.replaceAll("\\s", "");
        if (HEX.matcher(text).matches()) {
            return Optional.of(Bytes.wrap(HexFormat.of().parseHex(text)));
        }
        if (BASE64.matcher(text).matches()) {
            try {
                return Optional.of(
                        Bytes.wrap(
                                Base64.getDecoder()
                                        .decode(text.replace('-', '+').replace('_', '/'))));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }
}
