package io.lockstep.server.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes one setting, on the component of a settings record that holds its value. The key is
/// the path of component names in kebab case, such as `listen.behind-proxy`.
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {
    /// The purpose, in one or two sentences.
    String doc();

    /// The default, as an operator would write it. Empty means no default, which only Optional and
    /// List allow.
    String value() default "";

    /// The value is never printed.
    boolean secret() default false;

    /// Minimum of a number.
    long min() default 0;

    /// Maximum of a number.
    long max() default Integer.MAX_VALUE;
}
