package io.lockstep.cli.demo;

/// Something that the demo promises does not hold, or could not be tried.
final class StoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoryException(String message) {
        super(message);
    }

    StoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
