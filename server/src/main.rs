//! The binary `brigid`.

use std::process::ExitCode;

/// glibc's allocator keeps what it was given back: after loading and searching it holds half as
/// much again as this one (docs/adr/2611-allocator.md).
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    server::cli::run()
}
