package io.lockstep.server.config;

import java.lang.reflect.Type;

/// One key that can be set.
///
/// @param name such as `listen.behind-proxy`
/// @param type what its text is turned into
/// @param setting its default and purpose
record SettingKey(String name, Type type, Setting setting) {}
