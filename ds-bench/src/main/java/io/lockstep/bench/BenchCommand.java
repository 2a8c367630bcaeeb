package io.lockstep.bench;

import picocli.CommandLine.Command;

/// `bench`.
@Command(
        name = "bench",
        description = {
            "Puts servers under load and measures from outside: schedules that wait for nobody, receivers in",
            "processes of their own that check order, completeness and every byte."
        },
        subcommands = {
            ConnectMode.class,
            FanoutMode.class,
            SendMode.class,
            CommitMode.class,
            ReconnectMode.class,
            MixedMode.class,
            MemoryCommand.class,
            ReferenceMode.class,
            CompareCommand.class,
            GrowthCommand.class,
            CertificateCommand.class,
            WorkerCommand.class
        },
        synopsisSubcommandLabel = "MODE",
        mixinStandardHelpOptions = true)
public final class BenchCommand {}
