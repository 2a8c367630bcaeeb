package io.lockstep.ordering;

import java.util.List;
import reactor.core.publisher.Mono;

/// Puts what clients submit into each group's one order.
public interface Ordering {
    /// Never fails but for a bug: what can go wrong is a [Answer.Refused]. Submissions of one caller to one
    /// group are decided in the order of these calls, whether or not the Mono is subscribed at once.
    Mono<Answer> submit(Submission submission);

    /// The same for submissions that came together: those to one group are decided together as far as the
    /// limits of a batch allow, and so reach the log in one append.
    ///
    /// @return an answer for each, in the same order
    default List<Mono<Answer>> submitTogether(List<Submission> submissions) {
        return submissions.stream().map(this::submit).toList();
    }
}
