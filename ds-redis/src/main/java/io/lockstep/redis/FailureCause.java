package io.lockstep.redis;

import io.lockstep.log.CallEffect;
import java.util.Locale;

/// The reason why Redis did not execute a command: a closed list, for metrics, logs and readiness.
public enum FailureCause {
    /// There is no connection now.
    NOT_CONNECTED("there is no connection to Redis"),
    /// The oldest command on this connection exceeded its time-out.
    STALLED("Redis does not answer"),
    /// Too many commands or bytes are in flight on this connection.
    OVERLOADED("too many commands or bytes are in flight to Redis"),
    /// The verification of this Redis does not allow writes yet.
    UNVERIFIED("Redis is not verified as durable"),
    /// The store contains no data of this deployment, or is another store.
    ANOTHER_STORE("Redis is not the store that this node started with"),
    /// The command was sent, and no reply came in time.
    TIMED_OUT("Redis did not answer in time"),
    /// The command was sent, and the connection broke before the reply.
    BROKEN("the connection to Redis broke"),
    OUT_OF_MEMORY("Redis has reached maxmemory and refuses writes"),
    READ_ONLY("Redis is a read-only replica"),
    LOADING("Redis is loading its data"),
    BUSY("Redis is busy with a long script"),
    PERSISTENCE("Redis cannot write to its disk and refuses writes"),
    REPLICAS("Redis has too few replicas and refuses writes"),
    PERMISSION("Redis denies permission: check password and ACL"),
    CLIENTS_MAX("Redis has reached maxclients"),
    CLUSTER("the Redis Cluster cannot serve this key now"),
    NO_SCRIPT("Redis does not know the script"),
    /// Any other error reply.
    ERROR("Redis replied with an error");

    private final String text;

    FailureCause(String text) {
        this.text = text;
    }

    /// A description for people.
    public String text() {
        return text;
    }

    /// Whether the cause usually persists until an operator acts.
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

    /// The value of the metrics tag.
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// The cause of an error reply. The first word of the reply is its code.
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

    /// Whether an error reply proves that nothing was executed.
    ///
    /// Redis 7 refuses a command with one of these codes before it starts. A script raises OOM,
    /// READONLY, MISCONF and NOREPLICAS only before its first write. Every other error may come
    /// after a write, and contains the script's name.
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
