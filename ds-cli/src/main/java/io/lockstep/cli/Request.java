package io.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.ObjectMapper;

/// A request of a command to a device, carried out here or by the process that holds the state
/// folder.
record Request(String verb, List<String> arguments) {
    private static final ObjectMapper JSON = new ObjectMapper();

    Request {
        arguments = List.copyOf(arguments);
    }

    static Request of(String verb, String... arguments) {
        return new Request(verb, List.of(arguments));
    }

    static Request of(String verb, String first, List<String> rest) {
        var all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return new Request(verb, all);
    }

    String first() {
        return arguments.getFirst();
    }

    List<String> rest() {
        return arguments.subList(1, arguments.size());
    }

    String toJson() {
        return JSON.writeValueAsString(this);
    }

    static Request ofJson(String line) {
        return JSON.readValue(line, Request.class);
    }
}
