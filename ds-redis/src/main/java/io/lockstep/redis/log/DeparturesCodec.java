package io.lockstep.redis.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lockstep.log.Departures;
import io.lockstep.log.Departures.DepartedClient;
import io.lockstep.log.MemberId;
import io.lockstep.redis.SealPurpose;
import io.lockstep.redis.ValueSealer;
import io.lockstep.redis.proto.StoredDeparture;
import io.lockstep.redis.proto.StoredDepartures;
import io.lockstep.wire.Bytes;

/// Converts the clients that have left a group to and from a sealed field of its meta hash. No bytes
/// mean none.
final class DeparturesCodec {
    private static final byte[] EMPTY = {};

    private DeparturesCodec() {}

    static byte[] seal(Departures departures, ValueSealer sealing) {
        if (departures.clients().isEmpty()) {
            return EMPTY;
        }
        var stored = StoredDepartures.newBuilder();
        for (var client : departures.clients()) {
            stored.addDepartures(
                    StoredDeparture.newBuilder()
                            .setMember(client.member().bytes().asByteString())
                            .setClient(client.client())
                            .setPosition(client.position())
                            .setEndedAt(client.endedAt()));
        }
        return sealing.seal(SealPurpose.DEPARTURES, stored.build().toByteArray());
    }

    static Departures open(byte[] sealed, ValueSealer sealing) {
        if (sealed.length == 0) {
            return Departures.NONE;
        }
        try {
            return new Departures(
                    StoredDepartures.parseFrom(sealing.open(SealPurpose.DEPARTURES, sealed))
                            .getDeparturesList()
                            .stream()
                            .map(stored ->
                                    new DepartedClient(
                                            new MemberId(Bytes.of(stored.getMember())),
                                            stored.getClient(),
                                            stored.getPosition(),
                                            stored.getEndedAt()))
                            .toList());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the departures of a group cannot be read", e);
        }
    }
}
