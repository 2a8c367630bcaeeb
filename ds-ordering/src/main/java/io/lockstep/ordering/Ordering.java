package io.lockstep.ordering;

import reactor.core.publisher.Mono;

/// Puts what clients submit into each group's one order.
public interface Ordering {
    /// Never fails but for a bug: what can go wrong is a [Answer.Refused]. Submissions of one caller to one
    /// group are decided in the order of these calls, whether or not the Mono is subscribed at once.
    Mono<Answer> submit(Submission submission);
}
