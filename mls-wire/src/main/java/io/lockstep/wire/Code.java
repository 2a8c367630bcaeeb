package io.lockstep.wire;

import static io.lockstep.wire.RetryAdvice.AFTER_REBASE;
import static io.lockstep.wire.RetryAdvice.LATER;
import static io.lockstep.wire.RetryAdvice.NEVER;
import static io.lockstep.wire.RetryAdvice.TO_LEARN_OUTCOME;

import java.util.Locale;

/// The registry of all refusal codes. WebSocket refusals and close codes, HTTP problem types,
/// metrics labels and docs/PROTOCOL.md take their codes from here.
///
/// Numbers never change meaning. A WebSocket close frame carries the number itself (RFC 6455 leaves
/// 4000–4999 to applications); a refusal carries the name.
///
/// | Range | Subject | Effect |
/// |---|---|---|
/// | 4000–4099 | the connection | the connection is closed with this number |
/// | 4100–4199 | the bytes of one frame or request | that request fails |
/// | 4200–4299 | a group's order | that request fails |
/// | 4300–4399 | authority | that request fails |
/// | 4400–4499 | the directory | that request fails |
/// | 4500–4599 | the service itself | that request fails, and may be retried |
public enum Code {
    // The connection.
    MALFORMED_FRAME(4000, NEVER, 400, "a WebSocket message is not a sequence of frames"),
    HELLO_EXPECTED(4001, NEVER, 400, "the first frame was not hello, or hello came twice"),
    HELLO_TIMEOUT(4002, LATER, 408, "no hello came in time"),
    UNAUTHENTICATED(4003, NEVER, 401, "the token is missing, invalid or expired"),
    SESSION_REPLACED(4004, NEVER, 409, "the same client opened a newer session"),
    SILENT(4005, LATER, 408, "two pings in a row went unanswered"),
    FRAME_TOO_LARGE(4006, NEVER, 413, "a WebSocket message is longer than the limit"),
    WRONG_FRAME_TYPE(4007, NEVER, 400, "text instead of binary, or binary instead of text"),
    GOING_AWAY(4008, LATER, 503, "the server is stopping; connect again"),
    TOO_MANY_CONNECTIONS(4009, LATER, 429, "too many connections from this address or in all"),
    CLIENT_TOO_FAST(4010, LATER, 429, "the client does not read its answers fast enough"),
    AUTHENTICATION_UNAVAILABLE(4011, LATER, 503, "the token cannot be checked now; connect again"),
    DEVICE_REVOKED(4012, NEVER, 403, "this device was revoked by its user"),
    TOO_SLOW(4013, LATER, 408, "a message, body or head that had begun came too slowly"),
    RECEIVE_MEMORY_FULL(4014, LATER, 503, "too many bytes of unfinished messages; connect again"),

    // The bytes of a request.
    MALFORMED_MESSAGE(4100, NEVER, 400, "the bytes are not one whole, strict MLSMessage"),
    WRONG_MESSAGE_KIND(4101, NEVER, 400, "this kind of MLSMessage is not accepted here"),
    MESSAGE_TOO_LARGE(4102, NEVER, 413, "the message is longer than the limit"),
    UNSUPPORTED_VERSION(4103, NEVER, 400, "not MLS 1.0"),
    INVALID_REQUEST(4104, NEVER, 400, "a field is missing, out of range, or contradicts another"),
    NOT_FOUND(4105, NEVER, 404, "there is no such resource"),
    METHOD_NOT_ALLOWED(4106, NEVER, 405, "the resource does not support this method"),
    UNSUPPORTED_MEDIA_TYPE(4107, NEVER, 415, "the resource does not accept this type of body"),
    ORIGIN_NOT_ALLOWED(4108, NEVER, 403, "pages of this origin may not use the server"),

    // A group's order.
    EPOCH_CONFLICT(4200, AFTER_REBASE, 409, "another commit or a later epoch came first"),
    EPOCH_TOO_OLD(4201, NEVER, 409, "the message's epoch is behind the group's window"),
    EPOCH_FROM_THE_FUTURE(4202, NEVER, 409, "the message's epoch is ahead of the group"),
    GROUP_EXISTS(4203, NEVER, 409, "a group with this id exists already"),
    UNKNOWN_GROUP(4204, NEVER, 404, "there is no such group"),
    GROUP_FROZEN(
            4205,
            LATER,
            503,
            "the group waits for repair: the store changed its history, or the operator froze it"),
    GROUP_INFO_MISMATCH(4206, NEVER, 400, "the GroupInfo is not for this group and the new epoch"),
    NO_GROUP_INFO(4207, LATER, 404, "the group has no stored GroupInfo"),
    INVALID_GROUP_INFO(
            4208, NEVER, 400, "the GroupInfo's tree or signature is not valid (RFC 9420 §12.4.3)"),
    UNKNOWN_REFERENCE(4209, NEVER, 409, "a reference names no blob of this group; upload it first"),
    REFERENCE_MISMATCH(4210, NEVER, 400, "the bytes differ from the declared SHA-256 or size"),
    GROUP_FULL(4211, LATER, 409, "the group would exceed the maximum number of members"),
    GROUP_LOG_FULL(4212, LATER, 503, "the group's log is full; old entries are trimmed soon"),
    GROUP_BLOBS_FULL(
            4213, LATER, 429, "the group's blobs have reached their limit; old ones expire"),
    COMMIT_NOT_PROVISIONAL(
            4214, NEVER, 409, "the commit at this position cannot be rejected, or not any more"),
    COMMITS_UNCONFIRMED(
            4215, LATER, 409, "too many commits in a row wait for another member to confirm them"),
    GROUP_REINITIALIZED(4216, NEVER, 409, "the group has ended in favour of a successor"),
    GROUP_INFO_STALE(4217, LATER, 409, "the stored GroupInfo is of an earlier epoch"),
    GROUP_DELETED(4218, NEVER, 410, "the group was deleted"),
    GROUP_IN_USE(4219, NEVER, 409, "other users have members in the group; remove them first"),

    // Authority.
    NOT_A_MEMBER(4300, NEVER, 403, "only a member of the group may do this"),
    REMOVED(4301, NEVER, 403, "the client was removed from the group"),
    JOIN_NOT_ALLOWED(
            4302, NEVER, 403, "the group's policy does not allow this client to join by itself"),
    NOT_YOURS(4303, NEVER, 403, "this client's inbox has no such message"),
    REINIT_NOT_ALLOWED(
            4304, NEVER, 403, "the group's policy does not let this client name a successor"),
    POLICY_CHANGE_NOT_ALLOWED(
            4305, NEVER, 403, "the group's policy does not let this client change it"),

    // The directory.
    UNKNOWN_KEY_PACKAGE(4400, NEVER, 409, "a Welcome names a KeyPackage that was not published"),
    INVALID_KEY_PACKAGE(4401, NEVER, 400, "the KeyPackage breaks a rule of RFC 9420 §10.1"),
    KEY_PACKAGES_EXHAUSTED(4402, LATER, 404, "the client has no KeyPackages left"),
    NOTHING_COMPATIBLE(4403, NEVER, 404, "none of the client's KeyPackages matches the request"),
    UNKNOWN_CLIENT(4404, NEVER, 404, "the directory does not know this user or device"),
    DUPLICATE_KEY_PACKAGE(4405, NEVER, 409, "this KeyPackage is already published"),
    TOO_MANY_KEY_PACKAGES(4406, LATER, 429, "the client has reached its limit of KeyPackages"),
    UNSUPPORTED_CIPHER_SUITE(
            4407, NEVER, 400, "the KeyPackage's cipher suite is not one of RFC 9420"),
    // 4408 was claim_not_allowed; the number is not used again.
    KEY_PACKAGE_USED(
            4409, NEVER, 409, "a Welcome names a single-use KeyPackage that another group used"),
    JOINER_REVOKED(4410, NEVER, 409, "a device to be added was revoked by its user"),
    ADD_NOT_ALLOWED(
            4411,
            NEVER,
            403,
            "the claim policy of a client to be added does not let this user add it"),

    // The service.
    OVERLOADED(4500, LATER, 503, "a queue or the store is full; nothing was stored"),
    TOO_MANY_IN_FLIGHT(4501, LATER, 429, "the session has too many unanswered submissions"),
    OUTCOME_UNKNOWN(
            4502, TO_LEARN_OUTCOME, 503, "the store did not answer; send the same bytes again"),
    UNAVAILABLE(4503, LATER, 503, "the store is unavailable; nothing was stored"),
    TOO_MANY_GROUPS(4504, NEVER, 429, "the session has reached its limit of attached groups"),
    INTERNAL(4505, TO_LEARN_OUTCOME, 500, "an error of the server; it is logged"),
    RATE_LIMITED(4506, LATER, 429, "too many requests in too short a time"),
    QUOTA_EXCEEDED(4507, LATER, 429, "a quota is used up; some of it frees later");

    private final int number;
    private final RetryAdvice retry;
    private final int httpStatus;
    private final String meaning;

    Code(int number, RetryAdvice retry, int httpStatus, String meaning) {
        this.number = number;
        this.retry = retry;
        this.httpStatus = httpStatus;
        this.meaning = meaning;
    }

    /// The name in the protocol, such as `epoch_conflict`.
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public int number() {
        return number;
    }

    public RetryAdvice retry() {
        return retry;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /// One sentence for people.
    public String meaning() {
        return meaning;
    }

    /// Whether the code concerns the connection itself, which is then closed with [#number].
    public boolean closesConnection() {
        return number < 4100;
    }
}
