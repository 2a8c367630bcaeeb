package io.lockstep.server.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// One setting, said where its value lives: on a component of a settings record. The key is the path of
/// component names in kebab case, such as `listen.behind-proxy`.
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {
    /// What it is for, in a sentence or two.
    String doc();

    /// The default, as an operator would write it; empty for none, which is for Optional and List only.
    String value() default "";

    /// Never shown.
    boolean secret() default false;

    /// Least value of a number.
    long min() default 0;

    /// Greatest value of a number.
    long max() default Integer.MAX_VALUE;
}
