//! Parses the command line, installs the hooks for panics and errors, and hands over to a face.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use color_eyre::eyre::{self, WrapErr as _};
use gallerist::cli::args::{self, Agent, AgentCommand, Cli, Command, Connect, Simulate};
use gallerist::cli::{self, Exit, Problem};
use gallerist::config::Config;
use gallerist::engine::{self, Place, Work};
use gallerist::paths::Paths;
use gallerist::simulator::{self, EstateSource, Limits};
use gallerist::{telemetry, tui};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tracing_appender::non_blocking::WorkerGuard;

/// What the owner of a state folder is called when it is the interface.
const INTERFACE: &str = "the terminal interface";

/// Simulated seconds in a real one of the demo: a copy takes ten to twenty seconds.
const DEMO_PACE: f64 = 60.0;

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
    let told = |outcome: Result<Exit, Problem>| outcome.unwrap_or_else(|problem| problem.tell());
    match (cli.command, cli.demo) {
        (Some(_), true) => {
            eprintln!("gallerist: --demo is for the interface; for commands there is `simulate`");
            Ok(Exit::Usage)
        }
        (Some(Command::Simulate(options)), false) => simulate(options).await,
        (Some(command), false) => {
            let _log = log(&cli.connect, &command);
            Ok(told(Box::pin(cli::run(command, cli.connect)).await))
        }
        (None, _) if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() => {
            eprintln!("gallerist: the interface needs a terminal; `gallerist --help` has commands");
            Ok(Exit::Usage)
        }
        (None, true) => demo(cli.connect).await,
        (None, false) => match cli::settings(&cli.connect) {
            Ok((paths, config)) => interface(paths, config, cli.connect.no_agent).await,
            Err(problem) => Ok(problem.tell()),
        },
    }
}

/// A command's own log, in a state folder that is there; reading makes none.
fn log(connect: &Connect, command: &Command) -> Option<WorkerGuard> {
    let paths = Paths::resolve(connect.config.clone(), connect.state_dir.clone()).ok()?;
    let folder = paths.log();
    if let Command::Agent(Agent {
        command: AgentCommand::Run { .. },
    }) = command
    {
        // That it can't be made is told by the agent itself.
        paths.prepare().ok()?;
    }
    folder.is_dir().then(|| telemetry::start(&folder)).flatten()
}

/// The interface on the configured clouds and tenants.
async fn interface(paths: Paths, config: Config, no_agent: bool) -> eyre::Result<Exit> {
    if let Err(error) = paths.prepare() {
        return Ok(Problem::from(error).tell());
    }
    let _log = telemetry::start(&paths.log());
    let place = config.cloud.name.clone();
    let place_of_engine = if no_agent {
        Place::Here(Work::CarriedOut)
    } else {
        Place::Agent
    };
    let at = paths.clone();
    let start = move || engine::connect(config.clone(), at.clone(), INTERFACE, place_of_engine);
    tui::run(tui::Options { place, paths }, start).await?;
    Ok(Exit::Done)
}

/// The interface on a simulated estate, which lives and dies with this process.
async fn demo(connect: Connect) -> eyre::Result<Exit> {
    let folder = fresh_folder(&connect)?;
    let state = folder.path().join("state");
    let paths = Paths::resolve(Some(folder.path().join("config.toml")), Some(state))?;
    paths.prepare()?;
    let _log = telemetry::start(&paths.log());
    let (started, simulator) = oneshot::channel();
    let options = simulator::Options {
        listen: ([127, 0, 0, 1], 0).into(),
        estate: EstateSource::Demo,
        pace: DEMO_PACE,
        seed: 1,
        folder: folder.path().to_owned(),
        tls: None,
        limits: Limits::Documented,
    };
    let at = paths.clone();
    let mut started = Some(started);
    let start = move || {
        let (options, at, started) = (options.clone(), at.clone(), started.take());
        async move {
            let simulator = simulator::start(options).await?;
            let config = Config::read(at.config())?;
            if let Some(started) = started {
                // The interface may be gone already, and the simulator with it.
                drop(started.send(simulator));
            }
            eyre::Ok(engine::connect(config, at, INTERFACE, Place::Here(Work::CarriedOut)).await?)
        }
    };
    let place = "demo".to_owned();
    tui::run(tui::Options { place, paths }, start).await?;
    if let Ok(simulator) = simulator.await {
        simulator.stop().await;
    }
    Ok(Exit::Done)
}

/// A folder that goes with the process, below the state folder where one is given.
fn fresh_folder(connect: &Connect) -> eyre::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("gallerist-demo-");
    let folder = match &connect.state_dir {
        Some(parent) => {
            std::fs::create_dir_all(parent)?;
            builder.tempdir_in(parent)
        }
        None => builder.tempdir(),
    };
    folder.wrap_err("no folder for the demo's state")
}

/// Serves a simulated Azure until it is interrupted.
async fn simulate(options: Simulate) -> eyre::Result<Exit> {
    let folder = tempfile::Builder::new()
        .prefix("gallerist-simulate-")
        .tempdir()
        .wrap_err("no folder for the ready configuration")?;
    let estate = options.estate.map(EstateSource::named);
    let started = match estate.unwrap_or(Ok(EstateSource::Demo)) {
        Ok(estate) => {
            simulator::start(simulator::Options {
                listen: options.listen,
                estate,
                pace: options.pace,
                seed: options.seed,
                folder: folder.path().to_owned(),
                tls: options.tls.map(|folder| simulator::Tls {
                    folder,
                    listen: options.listen_tls,
                }),
                limits: match options.limits {
                    args::Limits::Documented => Limits::Documented,
                    args::Limits::Off => Limits::Off,
                },
            })
            .await
        }
        Err(error) => Err(error),
    };
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
