package io.lockstep.server;

import io.lockstep.gateway.GatewayAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Formats the lines that every server prints after its start.
final class Banner {
    private Banner() {}

    static String transport(GatewayAddress address) {
        return "  transport   "
                + address.transport().name().toLowerCase(Locale.ROOT)
                + ", "
                + address.eventLoops()
                + (address.eventLoops() == 1 ? " event loop" : " event loops")
                + (address.tls() ? ", TLS" : ", no TLS");
    }

    static List<String> store(Store store) {
        var lines = new ArrayList<String>();
        for (var line : store.description()) {
            lines.add((lines.isEmpty() ? "  store       " : "              ") + line);
        }
        return lines;
    }
}
