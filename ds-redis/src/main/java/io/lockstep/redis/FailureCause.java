package io.lockstep.redis;

import io.lockstep.log.CallEffect;
import java.util.Locale;

/// Why Redis did not do what it was asked: a closed list, for metrics, logs and readiness.
public enum FailureCause {
    /// There is no connection now.
    NOT_CONNECTED("there is no connection to Redis"),
    /// An older command on the same connection is overdue.
    STALLED("Redis does not answer"),
    /// Too many commands or bytes are in flight on this connection.
    OVERLOADED("too much is in flight to Redis"),
    /// What was found out about this Redis does not yet allow to write.
    UNVERIFIED("Redis is not verified as durable"),
    /// It holds no data of ours, or another store's.
    ANOTHER_STORE("Redis is not the store that this node began with"),
    /// It was sent, and no answer came in time.
    TIMED_OUT("Redis did not answer in time"),
    /// It was sent, and the connection broke before the answer.
    BROKEN("the connection to Redis broke"),
    OUT_OF_MEMORY("Redis has reached maxmemory and refuses writes"),
    READ_ONLY("Redis is a read-only replica"),
    LOADING("Redis is loading its data"),
    BUSY("Redis is busy with a long script"),
    PERSISTENCE("Redis cannot write to its disk and refuses writes"),
    REPLICAS("Redis has too few replicas and refuses writes"),
    PERMISSION("Redis does not permit it: password or ACL"),
    CLIENTS_MAX("Redis has reached maxclients"),
    CLUSTER("the Redis Cluster cannot serve this key now"),
    NO_SCRIPT("Redis does not know the script"),
    /// Any other error reply.
    ERROR("Redis answered with an error");

    private final String text;

    FailureCause(String text) {
        this.text = text;
    }

    /// For people.
    public String text() {
        return text;
    }

    /// Whether it stays so for longer than moments, most likely until an operator does something.
    public boolean isLasting() {
        return switch (this) {
            case UNVERIFIED,
                    ANOTHER_STORE,
                    OUT_OF_MEMORY,
                    READ_ONLY,
                    PERSISTENCE,
                    REPLICAS,
                    PERMISSION ->
                    true;
            case NOT_CONNECTED,
                    STALLED,
                    OVERLOADED,
                    TIMED_OUT,
                    BROKEN,
                    LOADING,
                    BUSY,
                    CLIENTS_MAX,
                    CLUSTER,
                    NO_SCRIPT,
                    ERROR ->
                    false;
        };
    }

    /// For metrics.
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// What an error reply says: the first word of it is its code.
    static FailureCause ofReply(String reply) {
        int end = reply.indexOf(' ');
        return switch (end < 0 ? reply : reply.substring(0, end)) {
            case "OOM" -> OUT_OF_MEMORY;
            case "READONLY" -> READ_ONLY;
            case "LOADING", "MASTERDOWN" -> LOADING;
            case "BUSY" -> BUSY;
            case "MISCONF" -> PERSISTENCE;
            case "NOREPLICAS" -> REPLICAS;
            case "NOAUTH", "WRONGPASS", "NOPERM", "DENIED" -> PERMISSION;
            case "TRYAGAIN", "CLUSTERDOWN", "MOVED", "ASK", "CROSSSLOT" -> CLUSTER;
            case "NOSCRIPT" -> NO_SCRIPT;
            default -> reply.startsWith("ERR max number of clients") ? CLIENTS_MAX : ERROR;
        };
    }

    /// Whether an error reply tells that nothing was executed.
    ///
    /// Redis 7 refuses a command with one of these codes before it begins. Inside a script it raises OOM,
    /// READONLY, MISCONF and NOREPLICAS only before the script's first write; every other error may come after
    /// one, and carries the script's name.
    static CallEffect effectOfReply(String reply) {
        boolean inScript = reply.contains("script: ") || reply.contains("@user_script");
        return switch (ofReply(reply)) {
            case OUT_OF_MEMORY, READ_ONLY, PERSISTENCE, REPLICAS -> CallEffect.NOT_EXECUTED;
            case LOADING, BUSY, PERMISSION, CLIENTS_MAX, CLUSTER, NO_SCRIPT ->
                    inScript ? CallEffect.UNKNOWN : CallEffect.NOT_EXECUTED;
            case ERROR,
                    NOT_CONNECTED,
                    STALLED,
                    OVERLOADED,
                    UNVERIFIED,
                    ANOTHER_STORE,
                    TIMED_OUT,
                    BROKEN ->
                    CallEffect.UNKNOWN;
        };
    }
}
