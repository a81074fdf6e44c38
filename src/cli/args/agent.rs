use clap::{Args, Subcommand};

use super::Format;

/// The process that carries jobs out when nobody looks.
///
/// Whoever needs it starts it; it ends when there has been nothing to do for a while.
#[derive(Debug, Args)]
pub struct Agent {
    /// What to do with it.
    #[command(subcommand)]
    pub command: AgentCommand,
}

/// What to do with the agent.
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Whether it runs, and what it does.
    Status {
        /// For people or for programs.
        #[arg(short, long, default_value = "table")]
        output: Format,
    },
    /// Start it in the background.
    Start {
        /// Also where another machine had the state folder and didn't give it back: nothing may be at
        /// work on it there.
        #[arg(long)]
        take_over: bool,
    },
    /// Have it end; jobs stand where they are, and the next one carries them on.
    Stop {
        /// When the jobs that run are done.
        #[arg(long)]
        drain: bool,
    },
    /// Its log.
    Logs {
        /// Go on as more comes.
        #[arg(short, long)]
        follow: bool,
        /// So many of the last lines.
        #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
        lines: usize,
    },
    /// Be it, in the foreground: for systemd.
    Run {
        /// As `agent start --take-over`.
        #[arg(long)]
        take_over: bool,
        /// Leave the terminal, and say on standard output how starting went.
        #[arg(long, hide = true)]
        background: bool,
    },
}
