package io.lockstep.bench;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// The command `bench certificate`, for scripts: writes a self-signed certificate.
@Command(name = "certificate", hidden = true)
final class CertificateCommand implements Callable<Integer> {
    @Parameters(description = "the folder for tls.crt and tls.key")
    private Path folder = Path.of(".");

    @Override
    public Integer call() {
        SelfSignedCertificate.write(folder);
        return 0;
    }
}
