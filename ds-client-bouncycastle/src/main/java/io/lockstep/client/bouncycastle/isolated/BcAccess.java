package io.lockstep.client.bouncycastle.isolated;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.bouncycastle.mls.codec.AuthenticatedContent;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.protocol.Group;

/// Decrypts and verifies a message without acting on it.
///
/// Bouncy Castle's public methods either act at once, which fails for the member that a commit removes, or
/// hide who the sender is. The two steps between are private; decrypting twice is not possible, for a key
/// serves once.
final class BcAccess {
    private static final Method UNPROTECT = method("unprotectToContentAuth", MLSMessage.class);
    private static final Method VERIFY = method("verifyAuth", AuthenticatedContent.class);

    private BcAccess() {}

    static AuthenticatedContent open(Group group, MLSMessage message) throws Exception {
        var content = (AuthenticatedContent) invoke(UNPROTECT, group, message);
        if (content == null) {
            throw new IllegalArgumentException("the message cannot be decrypted");
        }
        if (!Boolean.TRUE.equals(invoke(VERIFY, group, content))) {
            throw new IllegalArgumentException("the message's signature is wrong");
        }
        return content;
    }

    private static Object invoke(Method method, Group group, Object argument) throws Exception {
        try {
            return method.invoke(group, argument);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    private static Method method(String name, Class<?> parameter) {
        try {
            var method = Group.class.getDeclaredMethod(name, parameter);
            method.setAccessible(true);
            return method;
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("another version of Bouncy Castle's MLS", e);
        }
    }
}
