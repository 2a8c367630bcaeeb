package io.lockstep.wire.mls;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.lockstep.wire.Bytes;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Arbitrary bytes are decoded, or refused as malformed.
///
/// The normal build runs only the seeds. To fuzz, from the root:
///
/// ```
/// JAZZER_FUZZ=1 ./mvnw -pl mls-wire -am test -Dtest=MlsMessageReaderFuzzTest \
///     -Dsurefire.failIfNoSpecifiedTests=false
/// ```
///
/// Findings are stored in `mls-wire/src/test/resources` under this class's name, and every later
/// build runs them.
final class MlsMessageReaderFuzzTest {
    @MethodSource("seeds")
    @FuzzTest(maxDuration = "2m")
    void readingReturnsOrThrowsMalformed(byte[] bytes) {
        ReadingProperty.check(Bytes.copyOf(bytes));
    }

    static Stream<Arguments> seeds() {
        return MessageGenerator.all(20261123).values().stream()
                .filter(message -> message.size() < 4_096)
                .map(message -> arguments((Object) message.toArray()));
    }
}
