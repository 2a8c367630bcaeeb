package io.lockstep.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `bench certificate`: what a script needs, not people.
@Command(name = "certificate", hidden = true)
final class CertificateCommand implements Callable<Integer> {
    @Parameters(description = "where tls.crt and tls.key are written")
    private Path folder = Path.of(".");

    @Override
    public Integer call() {
        SelfSigned.write(folder);
        return 0;
    }
}
