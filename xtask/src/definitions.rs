//! `cargo xtask definitions SOURCE… --out FILE`: compiles FHIR definitions into a pack.

use std::fs;

use fhir::definitions::compile::{Compiled, compile};
use fhir::definitions::{encode, r4};

use crate::archive;

const USAGE: &str = "usage: cargo xtask definitions SOURCE… --out FILE
SOURCE is a FHIR package (.tgz), a .jar or .zip, a folder, or a file of JSON or XML";

/// Gives a line to show for each thing left out, and the summary.
pub(crate) fn run(arguments: &[String]) -> Result<String, String> {
    let (sources, out) = parse(arguments)?;
    let mut files = Vec::new();
    for source in sources {
        files.extend(archive::read(source)?);
    }
    let compiled = compile(files, || Some(r4().schema())).map_err(|error| error.to_string())?;
    let pack = encode(&compiled.facts, &compiled.source);
    fs::write(out, &pack).map_err(|error| format!("{out}: {error}"))?;
    Ok(summary(&compiled, out, pack.len()))
}

fn parse(arguments: &[String]) -> Result<(Vec<&str>, &str), String> {
    let mut sources = Vec::new();
    let mut out = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--out" => out = rest.next().map(String::as_str),
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}\n{USAGE}")),
            source => sources.push(source),
        }
    }
    match out {
        Some(out) if !sources.is_empty() => Ok((sources, out)),
        _ => Err(USAGE.to_owned()),
    }
}

fn summary(compiled: &Compiled, out: &str, bytes: usize) -> String {
    let (facts, source) = (&compiled.facts, &compiled.source);
    let mut text = String::new();
    for one in &compiled.left_out {
        text += &format!("left out: {}: {}\n", one.what, one.why);
    }
    let counts = [
        ("structures", facts.structures.len()),
        ("search parameters", facts.search_parameters.len()),
        ("compartments", facts.compartments.len()),
        ("operations", facts.operations.len()),
        ("value sets", facts.value_sets.len()),
        ("code systems", facts.code_systems.len()),
        ("concept maps", facts.concept_maps.len()),
    ];
    let counts: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
    text += &format!("{} {} (FHIR {})", source.name, source.version, source.fhir_version);
    text + &format!(" -> {out}: {}; {bytes} bytes", counts.join(", "))
}
