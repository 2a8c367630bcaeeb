package io.lockstep.cli;

import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.MalformedMessageException;
import io.lockstep.wire.mls.MlsDescriber;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
            "Prints the public fields of an MLSMessage (RFC 9420), or of a bare KeyPackage, with"
                    + " their offsets.",
            "The input is the message itself, or its bytes in hex or base64."
        },
        mixinStandardHelpOptions = true)
final class DecodeCommand implements Callable<Integer> {
    private static final Pattern HEX = Pattern.compile("(?:[0-9a-fA-F]{2})+");
    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/_-]+={0,2}");
    private static final int MALFORMED = 1;

    @Parameters(
            index = "0",
            defaultValue = "-",
            paramLabel = "FILE",
            description = "a file, or - for standard input")
    private String file = "-";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        try {
            var input =
                    file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
            return decode(messageIn(input), spec.commandLine().getOut());
        } catch (NoSuchFileException e) {
            throw new CommandFailure("there is no file " + file);
        } catch (IOException e) {
            throw new CommandFailure("the file " + file + " cannot be read: " + e.getMessage());
        }
    }

    private static int decode(Bytes message, PrintWriter out) {
        try {
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
            out.printf(
                    "%s at offset %d of %d: %s%n",
                    e.code().wireName(), e.offset(), message.size(), e.detail());
            out.flush();
            return MALFORMED;
        }
    }

    /// Decodes hex or base64 input. Every MLSMessage begins with a zero byte, which text does not.
    static Bytes messageIn(byte[] input) {
        if (input.length == 0 || input[0] == 0) {
            return Bytes.wrap(input);
        }
        return textIn(input).orElse(Bytes.wrap(input));
    }

    private static Optional<Bytes> textIn(byte[] input) {
        var text = new String(input, StandardCharsets.ISO_8859_1).replaceAll("\\s", "");
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
