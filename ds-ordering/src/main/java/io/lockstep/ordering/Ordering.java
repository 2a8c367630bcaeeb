package io.lockstep.ordering;

import java.util.List;
import reactor.core.publisher.Mono;

/// Orders the submissions of clients: one total order per group.
public interface Ordering {
    /// The Mono fails only because of a bug: every other failure is an
    /// [SubmissionAnswer.RefusedAnswer]. Submissions of one caller to one group are decided in the
    /// order of these calls, whether or not the Mono is subscribed immediately.
    Mono<SubmissionAnswer> submit(Submission submission);

    /// Submits several submissions together. Those to one group are decided together as far as the
    /// limits of a batch allow, and so reach the log in one append.
    ///
    /// @return an answer for each, in the same order
    default List<Mono<SubmissionAnswer>> submitTogether(List<Submission> submissions) {
        return submissions.stream().map(this::submit).toList();
    }
}
