package io.lockstep.server;

import io.lockstep.server.groups.GroupOperations;

/// How an operator reaches the operations on groups: with the token.
record OperatorAccess(OperatorToken token, GroupOperations operations) {}
