//! Runs the oracle of search: `oracle [--queries N] [--seed S] [--query N]`.

use std::io::Write as _;
use std::process::ExitCode;

use brigid_tests::oracle::{Plan, run};

fn main() -> ExitCode {
    let mut plan = Plan { seed: 1, queries: 100_000, only: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number = arguments.next().and_then(|text| text.parse::<u64>().ok());
        match (&*name, number) {
            ("--queries", Some(number)) => plan.queries = number,
            ("--seed", Some(number)) => plan.seed = number,
            ("--query", Some(number)) => plan.only = Some(number),
            _ => {
                say("oracle [--queries N] [--seed S] [--query N]: each N is a number from 0");
                return ExitCode::from(2);
            }
        }
    }
    plan.queries = plan.queries.max(plan.only.map_or(0, |only| only + 1));
    let summary = run(&plan, &mut say);
    for difference in &summary.differences {
        say(&format!("{difference}\n"));
    }
    say(&summary.text());
    ExitCode::from(u8::from(!summary.differences.is_empty()))
}

fn say(line: &str) {
    // Who closed the pipe does not want to read on.
    let _ = writeln!(std::io::stdout(), "{line}");
}
