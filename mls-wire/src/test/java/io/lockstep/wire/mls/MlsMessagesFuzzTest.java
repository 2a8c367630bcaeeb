package io.lockstep.wire.mls;

import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.lockstep.wire.Bytes;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Any bytes at all are read, or refused as malformed.
///
/// In the normal build the seeds alone are run. To fuzz, from the root:
/// `JAZZER_FUZZ=1 ./mvnw -pl mls-wire -am test -Dtest=MlsMessagesFuzzTest -Dsurefire.failIfNoSpecifiedTests=false`;
/// what it finds lands in `mls-wire/src/test/resources` beside this class and is run ever after.
final class MlsMessagesFuzzTest {
    @MethodSource("seeds")
    @FuzzTest(maxDuration = "2m")
    void readingReturnsOrThrowsMalformed(byte[] bytes) {
        ReadingProperty.check(Bytes.copyOf(bytes));
    }

    static Stream<Arguments> seeds() {
        return MadeMessages.all(20261123).values().stream()
                .filter(message -> message.size() < 4_096)
                .map(message -> arguments((Object) message.toArray()));
    }
}
