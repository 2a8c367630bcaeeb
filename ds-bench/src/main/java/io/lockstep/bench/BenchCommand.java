package io.lockstep.bench;

import picocli.CommandLine.Command;

/// The command `bench`, with one subcommand per mode.
@Command(
        name = "bench",
        description = {
            "Puts servers under load and measures from outside, with an open-loop schedule.",
            "Receivers run in separate processes and check order, completeness and every byte."
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
