//! The binary `brigid`: for now it writes sample records, one file per transaction bundle.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use server::generate::{Options, bundles};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, patients, seed, today, out] = arguments.as_slice() else {
        eprintln!("usage: brigid generate PATIENTS SEED TODAY OUT");
        return ExitCode::from(2);
    };
    if command != "generate" {
        eprintln!("unknown command {command:?}: the only one is generate");
        return ExitCode::from(2);
    }
    match generate(patients, seed, today, Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(patients: &str, seed: &str, today: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    let options =
        Options { patients: patients.parse()?, seed: seed.parse()?, today: today.parse()? };
    fs::create_dir_all(out)?;
    for sample in bundles(&options) {
        fs::write(out.join(&sample.file_name), serde_json::to_vec(&sample.bundle)?)?;
    }
    Ok(())
}
