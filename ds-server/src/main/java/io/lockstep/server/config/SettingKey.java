package io.lockstep.server.config;

import java.lang.reflect.Type;

/// One key of a settings record.
///
/// @param name such as `listen.behind-proxy`
/// @param type the type to which its text is converted
/// @param setting its default and purpose
record SettingKey(String name, Type type, Setting setting) {}
