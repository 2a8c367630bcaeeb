package io.lockstep.gateway.quota;

import io.lockstep.auth.ClientId;
import io.lockstep.gateway.access.Pseudonyms;
import io.lockstep.wire.Bytes;
import io.lockstep.wire.mls.GroupId;
import java.nio.charset.StandardCharsets;

/// The holder of an account. Tokens name no tenant, so the whole deployment stands for one; a tenant
/// would be one more kind of holder.
sealed interface QuotaSubject {
    /// For metrics.
    String tag();

    /// For people, in the detail of a refusal.
    default String text() {
        return "this " + tag();
    }

    /// The pseudonym under which the store keeps the account (invariant I8).
    Bytes account(Pseudonyms pseudonyms);

    record OfClient(ClientId client) implements QuotaSubject {
        @Override
        public String tag() {
            return "client";
        }

        @Override
        public Bytes account(Pseudonyms pseudonyms) {
            return pseudonyms.account('c', bytes(client.toString()));
        }
    }

    record OfUser(String user) implements QuotaSubject {
        @Override
        public String tag() {
            return "user";
        }

        @Override
        public Bytes account(Pseudonyms pseudonyms) {
            return pseudonyms.account('u', bytes(user));
        }
    }

    record OfGroup(GroupId group) implements QuotaSubject {
        @Override
        public String tag() {
            return "group";
        }

        @Override
        public Bytes account(Pseudonyms pseudonyms) {
            return pseudonyms.account('g', group.bytes());
        }
    }

    record OfDeployment() implements QuotaSubject {
        @Override
        public String tag() {
            return "service";
        }

        @Override
        public Bytes account(Pseudonyms pseudonyms) {
            return pseudonyms.account('d', Bytes.EMPTY);
        }
    }

    private static Bytes bytes(String name) {
        return Bytes.wrap(name.getBytes(StandardCharsets.UTF_8));
    }
}
