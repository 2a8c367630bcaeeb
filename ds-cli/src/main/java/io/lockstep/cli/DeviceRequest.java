package io.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.ObjectMapper;

/// A request of a command to a device, carried out here or by the process that holds the state
/// folder.
record DeviceRequest(String verb, List<String> arguments) {
    private static final ObjectMapper JSON = new ObjectMapper();

    DeviceRequest {
        arguments = List.copyOf(arguments);
    }

    static DeviceRequest of(String verb, String... arguments) {
        return new DeviceRequest(verb, List.of(arguments));
    }

    static DeviceRequest of(String verb, String first, List<String> rest) {
        var all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return new DeviceRequest(verb, all);
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

    static DeviceRequest ofJson(String line) {
        return JSON.readValue(line, DeviceRequest.class);
    }
}
