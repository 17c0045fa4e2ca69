//! The command line.

mod arguments;
mod check;
mod config;
mod demo;
mod generate;
mod health;
mod import;
mod instance;
mod out;
mod serve;
mod today;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Cli, Command};

/// Carries out the command line of this process. Exit codes: 0 done, 1 failed, 2 wrong usage.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let done = match cli.command {
        None => {
            out::line(arguments::OVERVIEW);
            Ok(())
        }
        Some(Command::Demo(arguments)) => demo::demo(&arguments),
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::Import(arguments)) => import::import(&arguments),
        Some(Command::Generate(arguments)) => generate::generate(&arguments),
        Some(Command::Config(arguments)) => config::config(&arguments),
        Some(Command::Check(arguments)) => check::check(&arguments),
        Some(Command::Health(arguments)) => health::health(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            out::failure(&text);
            ExitCode::FAILURE
        }
    }
}
