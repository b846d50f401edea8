//! The command `encrypted-fields`: what an operator does with keys, from a terminal or a script.
//!
//! ```console
//! $ encrypted-fields keys init
//! $ encrypted-fields keys generate --promote
//! $ encrypted-fields keys list
//! $ encrypted-fields keys doctor
//! ```
//!
//! The configuration is that of [`encrypted_fields_keys::config`]. With `--json` standard output is one JSON document, as the
//! README of this crate lists them; errors are one too. Standard error has the log, progress and questions.
//!
//! | exit code | |
//! |---|---|
//! | 0 | it is done |
//! | 1 | it failed, and says what to try |
//! | 2 | the command line or the configuration cannot be right; nothing was done |
//! | 3 | `keys doctor`, `subjects verify` or `config check` found errors or warnings |
//!
//! No option takes a key: whoever may list processes sees arguments. Keys are read from a variable, a file or standard input.

mod cli;

mod time;

mod table;

mod failure;

mod reply;

mod confirm;

mod log;

#[cfg(feature = "steps")]
mod steps;

mod session;

mod tables;

mod keys;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod subjects;

mod config;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

pub use cli::Cli;

use cli::Command;
use failure::Failure;
use reply::Reply;
use session::Session;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    log::start(cli.global.verbose);
    let json = cli.global.json;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let reply = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(Failure::failed("runtime", format!("no threads can be started: {error}"), "see `ulimit -u`")),
    };
    match reply {
        Ok(reply) => reply.print(json),
        Err(failure) => failure.print(json),
    }
}

/// Runs one command.
async fn run(cli: Cli) -> Result<Reply, Failure> {
    match cli.command {
        Command::Keys { command } => keys::run(command, &Session::load(&cli.global)?).await,
        #[cfg(any(feature = "postgres", feature = "sqlite"))]
        Command::Subjects { command } => subjects::run(command, &Session::load(&cli.global)?).await,
        Command::Config { command } => config::run(command, &cli.global).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "encrypted-fields", &mut script);
            Ok(Reply::raw(String::from_utf8_lossy(&script).into_owned()))
        }
    }
}

/// Clap's own messages, as JSON where that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let asked = std::env::args_os().take_while(|it| it != "--").any(|it| it == "--json");
    if error.use_stderr() && asked {
        let message = error.to_string();
        let what = message.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        return Failure::usage(what, "encrypted-fields --help").print(true);
    }
    // A closed pipe is nobody who reads.
    drop(error.print());
    ExitCode::from(if error.use_stderr() { failure::USAGE } else { 0 })
}
