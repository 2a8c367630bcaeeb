package io.lockstep.server.config;

import io.lockstep.fanout.socket.WritePathChoice;
import io.lockstep.gateway.TransportChoice;
import io.lockstep.gateway.connection.ClientAddressRules;
import io.lockstep.gateway.connection.ClientAddressSource;
import io.lockstep.log.LogLimits;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// All settings of an operator. Each component has an annotation with its default and purpose; its
/// name is the key. `config defaults` prints them.
public record ServerSettings(
        Listen listen,
        Tls tls,
        Operations operations,
        Auth auth,
        Redis redis,
        Durability durability,
        @Setting(
                        doc =
                                "File with the deployment's keys, 64 hexadecimal digits on each line,"
                                        + " the same on all nodes: stored names and messages are"
                                        + " sealed under the first one. Further lines open what"
                                        + " earlier keys sealed. Make one with: openssl rand"
                                        + " -hex 32.")
                Optional<Path> deploymentKeyFile,
        Groups groups,
        KeyPackageSettings keyPackages,
        LimitSettings limits,
        QuotaSettings quotas,
        Log log) {

    /// Addresses and transport for clients.
    public record Listen(
            @Setting(value = "0.0.0.0", doc = "Address that clients connect to.") String address,
            @Setting(
                            value = "7420",
                            max = 65_535,
                            doc = "Port for WebSocket and HTTP; 0 picks a free one.")
                    int port,
            @Setting(
                            value = "false",
                            doc =
                                    "Whether a proxy in front ends TLS. Only then may serve run"
                                            + " without tls.certificate.")
                    boolean behindProxy,
            @Setting(
                            value = "peer",
                            doc =
                                    "Source of a client's address: peer (the connection),"
                                            + " proxy-protocol (the header of HAProxy's PROXY"
                                            + " protocol, 1 or 2), x-forwarded-for or forwarded"
                                            + " (the fields of these names). Only trusted-proxies"
                                            + " are believed. Behind a proxy and peer, no limit by"
                                            + " address holds.")
                    ClientAddressSource clientAddress,
            @Setting(
                            doc =
                                    "Networks of the proxies that may tell a client's address,"
                                            + " separated by commas, such as 10.0.0.0/8.")
                    List<String> trustedProxies,
            @Setting(
                            value = "auto",
                            doc =
                                    "How sockets are driven: auto (epoll where there is one, else"
                                            + " nio), epoll, nio, io-uring.")
                    TransportChoice transport,
            @Setting(
                            value = "0",
                            max = 1_024,
                            doc = "Threads that serve connections; 0: one per core.")
                    int eventLoops,
            @Setting(
                            value = "auto",
                            doc =
                                    "How broadcasts reach sockets on epoll: auto (ring where the"
                                            + " machine has io_uring, else direct), ring (one"
                                            + " system call for hundreds), direct (one each, plain"
                                            + " sockets only), netty (through Netty's queues).")
                    WritePathChoice writePath,
            @Setting(
                            doc =
                                    "TCP congestion control of the connections, such as cubic or"
                                            + " reno, on epoll; unset: the system's own.")
                    Optional<String> congestionControl,
            @Setting(
                            doc =
                                    "Origins whose pages may use the server from a browser, such"
                                            + " as https://chat.example, separated by commas; *:"
                                            + " any; unset: none (dev: those of loopback). Clients"
                                            + " that are no browsers are not affected.")
                    List<String> originsAllowed) {
        public Listen {
            // The constructor throws with what is wrong.
            var _ = new ClientAddressRules(clientAddress, trustedProxies, behindProxy);
        }
    }

    /// Encryption of client connections.
    public record Tls(
            @Setting(
                            doc =
                                    "PEM file with the certificate chain, the server's own first."
                                            + " Read again when it changes.")
                    Optional<Path> certificate,
            @Setting(doc = "PEM file with the certificate's private key, PKCS#8.")
                    Optional<Path> key) {
        public Tls {
            if (certificate.isPresent() != key.isPresent()) {
                throw new IllegalArgumentException("certificate and key belong together");
            }
        }
    }

    /// The port for operators.
    public record Operations(
            @Setting(
                            value = "127.0.0.1",
                            doc =
                                    "Address of the operations port: /metrics, /livez, /readyz,"
                                            + " /groups. No TLS.")
                    String address,
            @Setting(value = "7421", max = 65_535, doc = "The operations port; 0 picks a free one.")
                    int port,
            @Setting(
                            doc =
                                    "File with the operator's token, 32 characters or more, for"
                                            + " operations on groups (/groups). Unset: they do not"
                                            + " exist. Make one with: openssl rand -hex 32. Read"
                                            + " again at SIGHUP.")
                    Optional<Path> tokenFile) {}

    /// How clients are authenticated.
    public record Auth(
            @Setting(
                            value = "none",
                            doc =
                                    "none (serve refuses to start), jwt, or dev (tokens"
                                            + " dev:<user>/<device>, accepted unchecked; dev"
                                            + " only).")
                    AuthMode mode,
            Jwt jwt) {
        public enum AuthMode {
            NONE,
            JWT,
            DEV
        }
    }

    /// Required claims of JSON Web Tokens.
    public record Jwt(
            @Setting(doc = "The key set (JWKS): an http or https URL, or a file.")
                    Optional<URI> keys,
            @Setting(doc = "Required value of the claim iss.") Optional<String> issuer,
            @Setting(doc = "Value that the claim aud must contain.") Optional<String> audience,
            @Setting(value = "30s", doc = "Tolerated error of the issuer's clock, at most 5m.")
                    Duration clockSkew) {}

    /// The store.
    public record Redis(
            @Setting(
                            secret = true,
                            doc =
                                    "Where Redis (7.0 or later) or Valkey is, such as"
                                            + " redis://host:6379,"
                                            + " rediss://user:password@host:6379/0 (TLS) or"
                                            + " redis-socket:///run/redis.sock. Unset: dev starts"
                                            + " one of its own.")
                    Optional<URI> uri,
            @Setting(
                            doc =
                                    "PEM file with the certificate authority of a Redis with TLS;"
                                            + " unset: those that Java trusts.")
                    Optional<Path> certificateAuthority,
            @Setting(value = "3s", doc = "Without an answer in this time an outcome is unknown.")
                    Duration timeout,
            @Setting(
                            value = "90",
                            min = 2,
                            max = 100,
                            doc =
                                    "Percent of Redis's maxmemory from which on nothing is added to"
                                            + " it: messages, groups, KeyPackages and blobs are"
                                            + " refused with overloaded.")
                    int memoryHighPercent,
            @Setting(
                            value = "85",
                            min = 1,
                            max = 99,
                            doc = "Percent of maxmemory below which they are taken again.")
                    int memoryLowPercent) {
        public Redis {
            if (memoryLowPercent >= memoryHighPercent) {
                throw new IllegalArgumentException(
                        "memory-low-percent is less than memory-high-percent");
            }
        }
    }

    /// What the service accepts as durable.
    public record Durability(
            @Setting(
                            doc =
                                    "Names of the store's weaknesses that are accepted, separated"
                                            + " by commas, as the refusal to start names them."
                                            + " With any of them what was acknowledged can be"
                                            + " lost.")
                    List<String> weakerAccepted) {}

    /// Defaults of groups.
    public record Groups(
            @Setting(value = "30d", doc = "How long messages of a group are kept.")
                    Duration retention,
            @Setting(
                            value = "90d",
                            doc =
                                    "The longest time that a group's creator may ask for; at most"
                                            + " 366d.")
                    Duration retentionMax) {
        public Groups {
            if (retention.toSeconds() < 1) {
                throw new IllegalArgumentException("retention is 1s or more");
            }
            if (retention.compareTo(retentionMax) > 0) {
                throw new IllegalArgumentException("retention is at most retention-max");
            }
            if (retentionMax.compareTo(LogLimits.RETENTION_MAX) > 0) {
                throw new IllegalArgumentException("retention-max is 366d or less");
            }
        }
    }

    /// The directory of KeyPackages.
    public record KeyPackageSettings(
            @Setting(
                            value = "1000",
                            min = 1,
                            max = 1_000,
                            doc =
                                    "How many single-use KeyPackages a client may hold per cipher"
                                            + " suite.")
                    int perSuiteMax,
            @Setting(
                            value = "100d",
                            doc =
                                    "How far from now the lifetime of a KeyPackage may end; 0s for"
                                            + " any (what dev takes).")
                    Duration lifetimeMax,
            @Setting(
                            value = "10",
                            max = 100_000,
                            doc =
                                    "A client is told to publish more when a suite has this many"
                                            + " single-use ones left.")
                    int lowMark,
            @Setting(
                            value = "20000",
                            doc =
                                    "Claims that one user may make at once, and again over"
                                            + " claims-period, counted for each user asked for, on"
                                            + " each node; 0 for any.")
                    int claimsPerRequester,
            @Setting(
                            value = "200",
                            doc =
                                    "Claims that may be made of one user at once, and again over"
                                            + " claims-period, on each node; 0 for any.")
                    int claimsPerTarget,
            @Setting(value = "10m", doc = "The time after which as many claims may be made again.")
                    Duration claimsPeriod) {}

    /// Limits for one client, and for all clients together.
    public record LimitSettings(
            @Setting(
                            value = "0",
                            doc =
                                    "Connections in all; 0: as many as fit into memory, at most"
                                            + " 100000. More than fit are refused at start. Half"
                                            + " of the machine's memory is heap unless Java is"
                                            + " told otherwise; the least is a machine of 640 MiB.")
                    int connectionsMax,
            @Setting(value = "10000", min = 1, doc = "Connections from one address.")
                    int connectionsPerAddressMax,
            @Setting(
                            value = "64",
                            min = 1,
                            max = 65_536,
                            doc = "Unanswered submissions that a session may have.")
                    int submissionsInFlightMax,
            @Setting(
                            value = "5000",
                            max = 1_000_000,
                            doc =
                                    "Submissions a second of one client over a long time, five"
                                            + " times as many at once, on each node; twice as many"
                                            + " of one user; 0 for any.")
                    int submissionsPerSecond,
            @Setting(
                            value = "64MiB",
                            doc =
                                    "Bytes of submissions a second of one client, on each node;"
                                            + " twice as many of one user; 0B for any.")
                    ByteSize submissionBytesPerSecond,
            @Setting(value = "1000", min = 1, doc = "Groups that a session may be attached to.")
                    int attachedGroupsMax,
            @Setting(
                            value = "64KiB",
                            doc = "Longest message in send and commit, longest GroupInfo.")
                    ByteSize messageBytesMax,
            @Setting(value = "1MiB", doc = "Longest Welcome.") ByteSize welcomeBytesMax,
            @Setting(value = "2MiB", doc = "Longest WebSocket message of a client.")
                    ByteSize frameBytesMax,
            @Setting(value = "10s", doc = "How long a client may take to send hello.")
                    Duration helloTimeout,
            @Setting(
                            value = "30s",
                            doc =
                                    "How often the server pings; two in a row unanswered end a"
                                            + " session.")
                    Duration pingInterval,
            @Setting(
                            value = "20s",
                            doc =
                                    "Over which time a stop moves the sessions to other nodes, each"
                                            + " at its own time; 0s: all at once.")
                    Duration drain,
            @Setting(value = "10s", doc = "How long a stop waits for unanswered submissions.")
                    Duration stopTimeout) {}

    /// What clients, users, groups and all together may use, shared by all nodes.
    public record QuotaSettings(
            @Setting(
                            value = "5000",
                            max = 1_000_000,
                            doc =
                                    "Messages and proposals a second of one client, ten seconds "
                                            + "of it at once; 0 for any.")
                    int clientMessagesPerSecond,
            @Setting(
                            value = "500",
                            max = 1_000_000,
                            doc = "Commits a second of one client, as above.")
                    int clientCommitsPerSecond,
            @Setting(
                            value = "20000",
                            doc =
                                    "Groups that one client creates, joins or is added to, within "
                                            + "90 days; 0 for any.")
                    int clientMemberships,
            @Setting(
                            value = "50000000",
                            doc =
                                    "Messages and commits of one user that are stored within "
                                            + "stored-period; 0 for any.")
                    int userEntries,
            @Setting(value = "64GiB", doc = "Bytes of them, with what they refer to; 0B for any.")
                    ByteSize userBytes,
            @Setting(
                            value = "100000",
                            doc = "Groups that one user creates within a year; 0 for any.")
                    int userGroups,
            @Setting(value = "10000", doc = "Groups that one user creates within a day; 0 for any.")
                    int userGroupsPerDay,
            @Setting(
                            value = "16GiB",
                            doc =
                                    "Bytes of blobs that one user uploads within an hour; 0B for "
                                            + "any.")
                    ByteSize userUploadBytesPerHour,
            @Setting(
                            value = "20000",
                            max = 1_000_000,
                            doc =
                                    "Messages and proposals a second to one group, ten seconds of "
                                            + "it at once; 0 for any.")
                    int groupMessagesPerSecond,
            @Setting(
                            value = "1000",
                            max = 1_000_000,
                            doc = "Commits a second to one group, as above.")
                    int groupCommitsPerSecond,
            @Setting(
                            value = "50000000",
                            doc =
                                    "Messages and commits stored in one group within stored- "
                                            + "period; 0 for any.")
                    int groupEntries,
            @Setting(value = "64GiB", doc = "Bytes of them, with what they refer to; 0B for any.")
                    ByteSize groupBytes,
            @Setting(
                            value = "0",
                            max = 1_000_000,
                            doc = "Messages and proposals a second of all clients; 0 for any.")
                    int allMessagesPerSecond,
            @Setting(
                            value = "0",
                            max = 1_000_000,
                            doc = "Commits a second of all clients; 0 for any.")
                    int allCommitsPerSecond,
            @Setting(
                            value = "0",
                            doc =
                                    "Messages and commits of all clients that are stored within "
                                            + "stored-period; 0 for any.")
                    int allEntries,
            @Setting(value = "0B", doc = "Bytes of them, with what they refer to; 0B for any.")
                    ByteSize allBytes,
            @Setting(value = "0", doc = "Groups that all users create within a year; 0 for any.")
                    int allGroups,
            @Setting(
                            value = "30d",
                            doc =
                                    "The time over which what was stored is forgotten: how long "
                                            + "most groups keep their messages. At most 366d.")
                    Duration storedPeriod) {
        public QuotaSettings {
            if (storedPeriod.toDays() > 366) {
                throw new IllegalArgumentException("stored-period is 366d or less");
            }
        }
    }

    /// The log of the process on its standard output.
    public record Log(
            @Setting(value = "info", doc = "error, warn, info, debug or trace.") Level level,
            @Setting(value = "text", doc = "text, or json: one object per line.") Format format) {
        public enum Level {
            ERROR,
            WARN,
            INFO,
            DEBUG,
            TRACE
        }

        public enum Format {
            TEXT,
            JSON
        }
    }
}
