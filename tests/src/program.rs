//! The programs that tests run, and where they are.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::store::VARIABLE;
use crate::{Place, StoreKind, store_kind};

/// The program under test, built beside the tests by `cargo xtask test`. It does not see what chooses
/// its store: variables that begin so are its settings.
///
/// # Panics
/// When it is not there: a missing part is a failure.
#[must_use]
pub fn program() -> Command {
    let program = built().join(format!("brigid{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: build it with `cargo build -p server`, or run `cargo xtask test`",
        program.display()
    );
    let mut command = Command::new(program);
    command.env_remove(VARIABLE);
    command
}

/// `brigid` with these arguments, in a folder; `--data-dir` means what [`Place::of`] makes of it.
///
/// # Panics
/// As [`program`].
#[must_use]
pub fn brigid(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (*argument, arguments.as_slice().first()) {
            ("--data-dir", Some(data_dir)) => {
                arguments.next();
                let place = match store_kind() {
                    // As it was given: what is said of it has the same words.
                    StoreKind::Embedded => Place::Folder(PathBuf::from(data_dir)),
                    StoreKind::Mongodb => Place::of(&folder.join(data_dir)),
                };
                command.args(place.arguments()).envs(place.variables());
            }
            _ => {
                command.arg(argument);
            }
        }
    }
    command
}

/// Where programs are built: `target/debug`.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let own = test.parent().expect("a program is in a folder");
    // Tests are built in target/X/deps, programs in target/X.
    if own.ends_with("deps") { own.parent().unwrap_or(own).to_owned() } else { own.to_owned() }
}

/// Where cargo builds, and what tests need is installed.
pub(crate) fn target() -> PathBuf {
    let built = built();
    built.parent().map_or(built.clone(), Path::to_owned)
}
