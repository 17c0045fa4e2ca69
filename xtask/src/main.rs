//! The recipes of the house: `cargo xtask RECIPE`.

mod archive;
mod bench;
mod clients;
mod database;
mod definitions;
mod oracle;
mod process;
mod steps;

use std::io::Write;
use std::process::ExitCode;

/// (name, what it does, usage).
const RECIPES: [(&str, &str, &str); 10] = [
    (
        "bench",
        "figures of the release build beside the machine's floors",
        "cargo xtask bench [--store embedded|mongodb] [--quick] [--resources N[,N…]] [--only PART] \
         [--seconds S] [--connections N[,N…]] [--json FILE] [--keep] [--strict] [--profile PART]",
    ),
    ("check", "format, lints and house rules", "cargo xtask check"),
    ("database", "install the tests' MongoDB into target/mongo", "cargo xtask database"),
    ("clients", "independent FHIR clients drive the server", "cargo xtask clients"),
    (
        "oracle",
        "random searches against a brute-force reading of R4",
        "cargo xtask oracle [--queries N] [--seed S] [--query N]",
    ),
    (
        "load",
        "the scenarios of bench against any FHIR server",
        "cargo xtask load BASE [--token-file FILE] [--resources N] [--quick] [--only PART] \
         [--seconds S] [--connections N[,N…]] [--json FILE] [--allow-remote]",
    ),
    ("test", "everything: check, licences, all tests on both stores", "cargo xtask test"),
    ("deny", "licences, bans and sources of dependencies", "cargo xtask deny"),
    ("doc", "the documentation of the crates", "cargo xtask doc"),
    (
        "definitions",
        "compile FHIR definitions into a pack",
        "cargo xtask definitions SOURCE… --out FILE",
    ),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let recipe = arguments.next();
    let rest: Vec<String> = arguments.collect();
    let result = match recipe.as_deref() {
        None | Some("help" | "--help") => {
            list();
            return ExitCode::SUCCESS;
        }
        Some("bench") => bench::run(&rest),
        Some("oracle") => oracle::run(&rest),
        Some("load") => bench::load(&rest),
        Some("check") => steps::check(),
        Some("database") => database::install(),
        Some("clients") => clients::run(),
        Some("test") => steps::test(),
        Some("deny") => steps::deny(),
        Some("doc") => steps::doc(),
        Some("definitions") => definitions::run(&rest),
        Some(other) => {
            list();
            return fail(&format!("no recipe is called {other}"), 2);
        }
    };
    match result {
        Ok(summary) => {
            say(&summary);
            ExitCode::SUCCESS
        }
        Err(message) => fail(&message, 1),
    }
}

fn list() {
    for (name, purpose, usage) in RECIPES {
        say(&format!("{name:<14} {purpose}\n{:<14} {usage}", ""));
    }
}

fn say(line: &str) {
    // Who closed the pipe does not want to read on.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn fail(message: &str, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(code)
}
