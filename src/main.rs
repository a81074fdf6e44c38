//! Parses the command line, and hands over to a face.

use std::process::ExitCode;

use clap::Parser as _;
use color_eyre::eyre::{self, WrapErr as _};
use gallerist::cli::args::{Cli, Command, Connect, Simulate};
use gallerist::cli::{self, Exit};
use gallerist::config::Config;
use gallerist::engine::{self, Work};
use gallerist::paths::Paths;
use gallerist::simulator::{self, EstateSource};
use gallerist::{telemetry, tui};
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
        None if cli.demo => demo(cli.connect).await,
        None => interface(cli.connect).await,
    }
}

/// The interface on what the configuration names.
async fn interface(connect: Connect) -> eyre::Result<Exit> {
    let paths = Paths::resolve(connect.config, connect.state_dir)?;
    let config = match Config::read(paths.config()) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("gallerist: {error}");
            return Ok(Exit::Usage);
        }
    };
    paths.prepare()?;
    let _log = telemetry::start(&paths.log());
    let options = tui::Options {
        place: config.cloud.name.clone(),
        paths: paths.clone(),
    };
    let start = engine::connect(config, paths, FACE, Work::CarriedOut);
    tui::run(options, start).await?;
    Ok(Exit::Done)
}

/// The interface on a simulated Azure that starts, and ends, with it.
async fn demo(connect: Connect) -> eyre::Result<Exit> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("gallerist-demo-");
    let folder = match &connect.state_dir {
        Some(below) => {
            std::fs::create_dir_all(below)?;
            builder.tempdir_in(below)
        }
        None => builder.tempdir(),
    };
    let folder = folder.wrap_err("no folder for the demo")?;
    let azure = folder.path().join("azure");
    std::fs::create_dir(&azure)?;
    let config = azure.join("config.toml");
    let paths = Paths::resolve(Some(config), Some(folder.path().join("state")))?;
    paths.prepare()?;
    let _log = telemetry::start(&paths.log());
    let options = tui::Options {
        place: "demo".to_owned(),
        paths: paths.clone(),
    };
    let (started, simulated) = tokio::sync::oneshot::channel();
    let start = async move {
        let simulator = simulator::start(simulator::Options {
            listen: ([127, 0, 0, 1], 0).into(),
            estate: EstateSource::Demo,
            pace: DEMO_PACE,
            seed: 1,
            folder: azure,
        })
        .await?;
        let config = simulator.ready().config.clone();
        // It is kept until the interface has ended.
        started.send(simulator).ok();
        let config = Config::read(&config)?;
        Ok::<_, eyre::Report>(engine::connect(config, paths, FACE, Work::CarriedOut).await?)
    };
    tui::run(options, start).await?;
    if let Ok(simulator) = simulated.await {
        simulator.stop().await;
    }
    Ok(Exit::Done)
}

/// What this process is called by others that find it at work.
const FACE: &str = "the terminal interface";

/// How much faster than Azure the demo's Azure is.
const DEMO_PACE: f64 = 20.0;

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
