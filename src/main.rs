//! Parses the command line, and hands over to a face.

use std::process::ExitCode;

use clap::Parser as _;
use color_eyre::eyre::{self, WrapErr as _};
use gallerist::cli::args::{Cli, Command, Simulate};
use gallerist::cli::{self, Exit};
use gallerist::simulator::{self, EstateSource};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = color_eyre::install() {
        return cli::report(&error).into();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime.wrap_err("no threads to work with") {
        Ok(runtime) => runtime.block_on(face(cli)),
        Err(error) => Err(error),
    };
    outcome.unwrap_or_else(|error| cli::report(&error)).into()
}

async fn face(cli: Cli) -> eyre::Result<Exit> {
    match cli.command {
        Some(Command::Simulate(options)) => simulate(options).await,
        Some(command) => Ok(match cli::run(command, cli.connect).await {
            Ok(exit) => exit,
            Err(problem) => problem.tell(),
        }),
        None => Ok(Exit::Usage),
    }
}

/// Serves a simulated Azure until it is interrupted.
async fn simulate(options: Simulate) -> eyre::Result<Exit> {
    let folder = tempfile::Builder::new()
        .prefix("gallerist-simulate-")
        .tempdir()
        .wrap_err("no folder for the ready configuration")?;
    let started = simulator::start(simulator::Options {
        listen: options.listen,
        estate: options
            .estate
            .map_or(EstateSource::Demo, EstateSource::File),
        pace: options.pace,
        seed: options.seed,
        folder: folder.path().to_owned(),
    })
    .await;
    let mut simulator = match started {
        Ok(simulator) => simulator,
        Err(error) => {
            eprintln!("gallerist: {error}");
            return Ok(Exit::Usage);
        }
    };
    println!("{}", serde_json::to_string(simulator.ready())?);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        () = simulator.wait() => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    simulator.stop().await;
    Ok(Exit::Done)
}
