package io.lockstep.client.bouncycastle.isolated;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.bouncycastle.mls.codec.AuthenticatedContent;
import org.bouncycastle.mls.codec.MLSMessage;
import org.bouncycastle.mls.protocol.Group;

/// Decrypts and verifies an MLS message without applying it to the group.
///
/// Bouncy Castle's public methods either apply the message at once, which fails for a member that
/// the commit removes, or hide the sender. The two steps in between are private. Decrypting twice
/// is impossible, because a message key is deleted after its first use.
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
