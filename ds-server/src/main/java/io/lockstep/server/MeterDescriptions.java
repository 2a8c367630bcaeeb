package io.lockstep.server;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Map;

/// The `# HELP` text in `/metrics` of meters that do not set one themselves. A test fails if a
/// meter has no description.
final class MeterDescriptions {
    private static final Map<String, String> TEXTS =
            Map.ofEntries(
                    // gateway
                    Map.entry("lockstep.gateway.connections", "Open connections of clients"),
                    Map.entry(
                            "lockstep.gateway.connections.refused",
                            "Connections closed at once because a limit of connections was"
                                    + " reached"),
                    Map.entry(
                            "lockstep.gateway.handshakes",
                            "Connections that are not yet authenticated"),
                    Map.entry("lockstep.gateway.sessions", "Authenticated WebSocket sessions"),
                    Map.entry("lockstep.gateway.frames", "Frames received from clients, by kind"),
                    Map.entry("lockstep.gateway.refusals", "Frames and requests refused, by code"),
                    Map.entry(
                            "lockstep.gateway.upgrades.refused",
                            "WebSocket upgrades refused, by code"),
                    Map.entry(
                            "lockstep.gateway.session.transitions",
                            "Sessions that entered a state, by state and reason"),
                    Map.entry(
                            "lockstep.gateway.http.requests",
                            "HTTP requests answered, by route and status"),
                    Map.entry(
                            "lockstep.gateway.tls.failures",
                            "TLS handshakes of clients that failed, by cause"),
                    Map.entry(
                            "lockstep.gateway.memory.shortages",
                            "Connections closed because memory could not be allocated"),
                    // fan-out
                    Map.entry(
                            "lockstep.fanout.deliveries",
                            "Messages written to the sockets of sessions"),
                    Map.entry(
                            "lockstep.fanout.bytes",
                            "Bytes of messages written to the sockets of sessions"),
                    Map.entry(
                            "lockstep.fanout.passes",
                            "Live passes: deliveries of new entries to the sessions of a group on"
                                    + " one loop"),
                    Map.entry(
                            "lockstep.fanout.catchup.reads",
                            "Reads of the group log for sessions that are behind"),
                    Map.entry(
                            "lockstep.fanout.catchup.entries",
                            "Entries read from the group log for sessions that are behind"),
                    Map.entry(
                            "lockstep.fanout.notices.dropped",
                            "Notices of new entries dropped; the entries are read later"),
                    Map.entry(
                            "lockstep.fanout.ephemerals.dropped",
                            "Ephemeral messages dropped because a session or the node was behind"),
                    Map.entry(
                            "lockstep.fanout.alarms",
                            "Contradictions in a group's log, by kind; each one is an incident"),
                    Map.entry(
                            "lockstep.fanout.sessions.attached",
                            "Attachments of sessions to groups"),
                    Map.entry(
                            "lockstep.fanout.sessions.behind",
                            "Attachments of sessions that are not at the end of their group's log"),
                    Map.entry(
                            "lockstep.fanout.groups", "Groups with attached sessions on this node"),
                    Map.entry(
                            "lockstep.fanout.ring.bytes",
                            "Bytes of recent entries kept in memory for all sessions"),
                    // ordering
                    Map.entry("lockstep.ordering.submissions", "Submissions answered, by outcome"),
                    Map.entry(
                            "lockstep.ordering.alarms",
                            "Submissions that contradict the log, by kind; each one is an"
                                    + " incident"),
                    Map.entry(
                            "lockstep.ordering.batch.size", "Submissions in one append to the log"),
                    Map.entry("lockstep.ordering.append.time", "Time of an append to the log"),
                    Map.entry("lockstep.ordering.actors", "Groups whose actor is in memory"),
                    Map.entry(
                            "lockstep.ordering.queued.bytes",
                            "Bytes of submissions that wait for their append"),
                    Map.entry(
                            "lockstep.ordering.resident.bytes",
                            "Bytes of the states of groups in memory"),
                    // directory
                    Map.entry("lockstep.directory.keypackages.stored", "KeyPackages stored"),
                    Map.entry(
                            "lockstep.directory.keypackages.refused",
                            "KeyPackages refused, by code"),
                    Map.entry(
                            "lockstep.directory.keypackages.claimed",
                            "KeyPackages handed out, last resort or not"),
                    Map.entry(
                            "lockstep.directory.keypackages.missing",
                            "Claims that found no KeyPackage, by code"),
                    Map.entry(
                            "lockstep.directory.claims.limited",
                            "Claims refused by a rate limit, by the owner of the limit"),
                    Map.entry(
                            "lockstep.directory.welcomes.filed",
                            "Welcomes put into the inboxes of joiners"),
                    Map.entry(
                            "lockstep.directory.welcomes.ownerless",
                            "Parts of Welcomes with an unknown joiner"),
                    Map.entry(
                            "lockstep.directory.welcomes.retries",
                            "Retries of deliveries of Welcomes"),
                    Map.entry(
                            "lockstep.directory.welcomes.groups.pending",
                            "Groups with Welcomes that are not in inboxes yet"),
                    // server
                    Map.entry(
                            "lockstep.tls.certificate.expiry",
                            "Seconds until the TLS certificate expires; negative after that"),
                    Map.entry(
                            "lockstep.auth.refusals", "Tokens refused, or not checked, by reason"),
                    Map.entry(
                            "lockstep.health", "Status of /livez and /readyz: 1 is up, 0 is down"),
                    Map.entry(
                            "lockstep.direct.memory.max",
                            "Maximum bytes of direct memory that the process may use"),
                    // Netty
                    Map.entry(
                            "netty.allocator.memory.used",
                            "Bytes that Netty's allocator holds, by allocator and kind of memory"),
                    Map.entry("netty.allocator.memory.pinned", "Bytes of the allocator in use"),
                    Map.entry("netty.allocator.pooled.arenas", "Arenas of the allocator"),
                    Map.entry(
                            "netty.allocator.pooled.cache.size",
                            "Cache sizes of the allocator, by kind"),
                    Map.entry(
                            "netty.allocator.pooled.threadlocal.caches",
                            "Thread-local caches of the allocator"),
                    Map.entry(
                            "netty.allocator.pooled.chunk.size",
                            "Size of a chunk of the allocator in bytes"));

    private MeterDescriptions() {}

    /// Adds the description to a meter that has none.
    static MeterFilter filter() {
        return new MeterFilter() {
            @Override
            public Meter.Id map(Meter.Id id) {
                var text = TEXTS.get(id.getName());
                return text == null || id.getDescription() != null
                        ? id
                        : new Meter.Id(
                                id.getName(),
                                Tags.of(id.getTagsAsIterable()),
                                id.getBaseUnit(),
                                text,
                                id.getType());
            }
        };
    }
}
