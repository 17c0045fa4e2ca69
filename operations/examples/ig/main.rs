//! Writes what `ig/` publishes about the operations: `cargo run --package operations --example ig`.
//! The test `ig` of this crate fails when the files say something else than the code.

mod guide;
mod rules;

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ig");
    fs::create_dir_all(&folder)?;
    for (name, text) in guide::files() {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
