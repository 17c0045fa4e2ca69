//! The Dockerfile cannot be built where tests run: its commands and files are checked instead.

use std::fs;
use std::path::Path;

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_file_that_the_image_copies_from_the_project_exists() {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let mut checked = 0;
    for line in text.lines().filter(|line| line.starts_with("COPY ") && !line.contains("--from")) {
        let words: Vec<&str> =
            line.split_whitespace().skip(1).filter(|word| !word.starts_with("--")).collect();
        let (_, sources) = words.split_last().unwrap();
        for source in sources {
            assert!(root().join(source).exists(), "{source} of: {line}");
            checked += 1;
        }
    }
    assert!(checked > 0, "the image copies nothing");
}

#[test]
fn the_image_builds_our_program_and_runs_it_as_nobody_special() {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    assert!(text.contains("cargo build --release"), "{text}");
    assert!(text.contains("brigid"), "{text}");
    let user = text.lines().rfind(|line| line.starts_with("USER ")).expect("a USER");
    assert!(!user.contains("root") && user != "USER 0", "{user}");
    assert!(text.lines().filter(|line| line.starts_with("FROM ")).count() >= 2, "one stage only");
}

#[test]
fn the_image_s_command_is_one_that_the_program_has() {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let command = text
        .lines()
        .rfind(|line| line.starts_with("CMD ") || line.starts_with("ENTRYPOINT "))
        .expect("a command");
    let folder = tempfile::tempdir().unwrap();
    super::check(folder.path(), &["help", "serve"], 0, &["--listen"]);
    assert!(text.contains("serve"), "{command}");
}
