package io.lockstep.auth.memory;

import io.lockstep.auth.Revocations;
import io.lockstep.auth.RevocationsContract;
import java.util.List;

final class MemoryRevocationsTest implements RevocationsContract {
    private final Revocations revocations = new MemoryRevocations();

    @Override
    public List<Revocations> nodes() {
        return List.of(revocations, revocations);
    }
}
