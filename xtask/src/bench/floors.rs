//! What the machine itself can do: the disk's durable appends.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Appends of 4 KiB, each followed by fdatasync, per second.
pub(crate) fn appends_per_second(folder: &Path, duration: Duration) -> Result<f64, String> {
    let path = folder.join("appends");
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = File::create(&path).map_err(failed)?;
    let block = [7_u8; 4096];
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < duration {
        file.write_all(&block).map_err(failed)?;
        file.sync_data().map_err(failed)?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    // The file was for the measurement alone.
    let _ = std::fs::remove_file(&path);
    Ok(rate)
}
