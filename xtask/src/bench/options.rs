//! The flags of `bench` and `load`.

use std::path::PathBuf;

use super::store::Store;

/// What both recipes take.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Options {
    pub(crate) quick: bool,
    /// Where the server of `bench` keeps its resources.
    pub(crate) store: Store,
    /// Numbers of resources to load; none means the recipe's own.
    pub(crate) resources: Vec<usize>,
    /// Part of the names of the scenarios to run.
    pub(crate) only: Option<String>,
    /// Where the results are written as JSON.
    pub(crate) json: Option<PathBuf>,
    /// Length of a scenario.
    pub(crate) seconds: Option<f64>,
    pub(crate) connections: Vec<usize>,
    /// Keep the ratios for later runs.
    pub(crate) keep: bool,
    /// A fall or a missed gate is a failure.
    pub(crate) strict: bool,
    /// A scenario to be profiled.
    pub(crate) profile: Option<String>,
    /// FHIR base of `load`.
    pub(crate) base: Option<String>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) allow_remote: bool,
}

const BENCH: [&str; 10] = [
    "--store",
    "--quick",
    "--resources",
    "--only",
    "--json",
    "--seconds",
    "--connections",
    "--keep",
    "--strict",
    "--profile",
];
const LOAD: [&str; 8] = [
    "--quick",
    "--resources",
    "--only",
    "--json",
    "--seconds",
    "--connections",
    "--token-file",
    "--allow-remote",
];

const RESOURCES_MAX: usize = 100_000_000;
const CONNECTIONS_MAX: usize = 4096;
const SECONDS_MAX: f64 = 3600.0;

/// The flags of `cargo xtask bench`.
pub(crate) fn bench(arguments: &[String]) -> Result<Options, String> {
    let options = parse(arguments, &BENCH)?;
    match &options.base {
        Some(extra) => Err(format!("{extra}: bench takes flags alone: {}", BENCH.join(" "))),
        None => Ok(options),
    }
}

/// The flags of `cargo xtask load`.
pub(crate) fn load(arguments: &[String]) -> Result<Options, String> {
    let options = parse(arguments, &LOAD)?;
    if options.base.is_none() {
        return Err("which server? cargo xtask load http://HOST:PORT/PATH".to_owned());
    }
    if options.resources.len() > 1 {
        return Err("--resources: load takes one number".to_owned());
    }
    Ok(options)
}

fn parse(arguments: &[String], known: &[&str]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if !argument.starts_with("--") {
            if let Some(first) = options.base.replace(argument.clone()) {
                return Err(format!("{argument} is one too many beside {first}"));
            }
            continue;
        }
        if !known.contains(&argument.as_str()) {
            return Err(format!("{argument} is not known here; there are {}", known.join(" ")));
        }
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--keep" => options.keep = true,
            "--strict" => options.strict = true,
            "--allow-remote" => options.allow_remote = true,
            flag => {
                let value = rest.next().ok_or_else(|| format!("{flag} needs a value after it"))?;
                options.set(flag, value)?;
            }
        }
    }
    Ok(options)
}

impl Options {
    fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        match flag {
            "--store" => self.store = Store::parse(value)?,
            "--resources" => self.resources = numbers(flag, value, RESOURCES_MAX)?,
            "--connections" => self.connections = numbers(flag, value, CONNECTIONS_MAX)?,
            "--only" => self.only = Some(value.to_lowercase()),
            "--profile" => self.profile = Some(value.to_lowercase()),
            "--json" => self.json = Some(value.into()),
            "--token-file" => self.token_file = Some(value.into()),
            _ => {
                let seconds = value.parse().ok().filter(|s: &f64| (0.1..=SECONDS_MAX).contains(s));
                let wrong = || format!("{flag} {value}: a number from 0.1 to {SECONDS_MAX}");
                self.seconds = Some(seconds.ok_or_else(wrong)?);
            }
        }
        Ok(())
    }

    /// Whether a scenario of this name is wanted.
    pub(crate) fn wants(&self, set: &str, name: &str) -> bool {
        let has = |part: &String| format!("{set}: {name}").to_lowercase().contains(part);
        self.only.as_ref().is_none_or(has)
    }
}

/// Numbers from 1 on, with commas between.
fn numbers(flag: &str, value: &str, most: usize) -> Result<Vec<usize>, String> {
    let one = |text: &str| {
        let number = text.trim().parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| format!("{flag} {text}: a whole number from 1 to {most}"))
    };
    let mut numbers = value.split(',').map(one).collect::<Result<Vec<usize>, String>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::{Options, Store, bench, load};

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(parsed: Result<Options, String>, expected: &str) {
        let message = parsed.expect_err("these flags are wrong");
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn flags_and_their_values_are_read() {
        let options = bench(&words("--quick --resources 20,10 --seconds 1.5 --only READ")).unwrap();
        assert!(options.quick);
        assert_eq!(options.resources, [10, 20]);
        assert_eq!(options.seconds, Some(1.5));
        assert!(options.wants("gates", "read") && !options.wants("gates", "create"));
    }

    #[test]
    fn a_wrong_flag_is_named_with_those_that_there_are() {
        check(bench(&words("--fast")), "--quick");
        check(bench(&words("--token-file x")), "not known here");
        check(bench(&words("http://a/fhir")), "flags alone");
        check(load(&words("--quick")), "which server");
        check(load(&words("http://a/fhir http://b/fhir")), "one too many");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_would_be_right() {
        check(bench(&words("--resources 10,x")), "x: a whole number from 1");
        check(bench(&words("--resources 0")), "a whole number from 1");
        check(bench(&words("--seconds 0")), "a number from 0.1");
        check(bench(&words("--json")), "needs a value");
        check(bench(&words("--store postgres")), "--store postgres: embedded or mongodb");
    }

    #[test]
    fn the_store_is_the_embedded_one_unless_it_is_named() {
        assert_eq!(bench(&words("--quick")).unwrap().store, Store::Embedded);
        assert_eq!(bench(&words("--store embedded")).unwrap().store, Store::Embedded);
        assert_eq!(bench(&words("--store mongodb")).unwrap().store, Store::Mongodb);
    }
}
