//! Defaults, over them the file, over it the environment, over that the flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use fhir::resource::nearest;
use toml::{Table, Value};

use super::Config;
use super::secrets::shown;

/// Variables of ours begin so.
const PREFIX: &str = "BRIGID_";

/// The file that is read when none is named and it is there.
const FILE: &str = "brigid.toml";

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A file, and the line in it.
    File(PathBuf, usize),
    /// A variable.
    Environment(String),
    /// A flag of the command.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path, line) => write!(f, "{}:{line}", path.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting that a flag gives.
#[derive(Debug, Clone)]
pub struct Flag {
    /// `--listen`
    pub name: &'static str,
    /// `listen`
    pub key: &'static str,
    /// As it was given.
    pub value: String,
}

/// The effective configuration.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    values: BTreeMap<String, (Value, Origin)>,
}

impl Loaded {
    /// Every setting in the order of its name: value as TOML writes it (secrets masked) and origin.
    pub fn lines(&self) -> impl Iterator<Item = (&str, String, &Origin)> {
        self.values.iter().map(|(key, (value, origin))| (key.as_str(), shown(key, value), origin))
    }
}

/// The effective configuration of this process.
///
/// # Errors
/// A sentence for people: the file cannot be read or is no TOML, a key is unknown (with the nearest
/// known one), a value is none that the key takes. Files are named with their line.
pub fn load(file: Option<&Path>, flags: &[Flag]) -> Result<Loaded, String> {
    let path = file.unwrap_or(Path::new(FILE));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("{} cannot be read: {error}.", path.display())),
    };
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect();
    merge(text.as_deref().map(|text| (path, text)), &variables, flags)
}

pub(super) fn merge(
    file: Option<(&Path, &str)>,
    variables: &[(String, String)],
    flags: &[Flag],
) -> Result<Loaded, String> {
    let defaults = Value::try_from(Config::default()).map_err(|error| error.to_string())?;
    let mut known = Vec::new();
    flatten("", &defaults, &mut known);
    let values = known.into_iter().map(|(key, value)| (key, (value, Origin::Default))).collect();
    let mut layers = Layers { values, defaults };
    if let Some((path, text)) = file {
        layers.add_file(path, text)?;
    }
    for (name, text) in variables {
        let key = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
        let origin = Origin::Environment(name.clone());
        layers.add_text(&key, text, origin)?;
    }
    for flag in flags {
        layers.add_text(flag.key, &flag.value, Origin::Flag(flag.name))?;
    }
    layers.finish()
}

struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
    defaults: Value,
}

impl Layers {
    fn add_file(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let line_at = |offset: usize| text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
        // The error's own text would show the line, and with it a password.
        let broken = |error: toml::de::Error| {
            let line = line_at(error.span().map_or(0, |span| span.start));
            format!("{} is no TOML: line {line}: {}.", path.display(), error.message())
        };
        let table = toml::de::DeTable::parse(text).map_err(broken)?;
        let parsed: Table = toml::from_str(text).map_err(broken)?;
        let mut leaves = Vec::new();
        flatten("", &Value::Table(parsed), &mut leaves);
        for (key, value) in leaves {
            let line = line_at(offset_of(table.get_ref(), &key).unwrap_or(0));
            self.set(&key, value, Origin::File(path.to_owned(), line))?;
        }
        Ok(())
    }

    /// Adds a value that is text, in the type that the setting has.
    fn add_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), String> {
        let (held, _) = self.values.get(key).ok_or_else(|| self.unknown(key, &origin))?;
        let given = shown(key, &Value::String(text.to_owned()));
        let wrong = |what: &str| format!("{key} is {given} in {origin}: it is {what}.");
        let value = match held {
            Value::Integer(_) => {
                let number = text.trim().replace('_', "").parse();
                Value::Integer(number.map_err(|_| wrong("a whole number"))?)
            }
            Value::Boolean(_) => {
                Value::Boolean(text.trim().parse().map_err(|_| wrong("true or false"))?)
            }
            Value::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| Value::String(item.to_owned())).collect())
            }
            _ => Value::String(text.to_owned()),
        };
        self.set(key, value, origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), String> {
        let Some((held, _)) = self.values.get(key) else {
            return Err(self.unknown(key, &origin));
        };
        if !held.same_type(&value) {
            let given = shown(key, &value);
            return Err(format!("{key} is {given} in {origin}: it is {}.", kind(held)));
        }
        // Alone over the defaults, so that a refusal is about this value.
        let mut alone = self.defaults.clone();
        insert(&mut alone, key, value.clone());
        if let Err(error) = alone.try_into::<Config>() {
            let given = shown(key, &value);
            return Err(format!("{key} is {given} in {origin}: {}.", error.message()));
        }
        self.values.insert(key.to_owned(), (value, origin));
        Ok(())
    }

    fn unknown(&self, key: &str, origin: &Origin) -> String {
        let near = nearest(key, self.values.keys().map(String::as_str), 1);
        let last = key.rsplit('.').next().unwrap_or(key);
        let same = self.values.keys().find(|known| known.rsplit('.').next() == Some(last));
        let hint = match near.first().copied().or(same.map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => "`brigid config` lists all settings.".to_owned(),
        };
        format!("There is no setting {key} ({origin}): {hint}")
    }

    fn finish(self) -> Result<Loaded, String> {
        let mut merged = self.defaults.clone();
        for (key, (value, _)) in &self.values {
            insert(&mut merged, key, value.clone());
        }
        let config: Config = merged.try_into().map_err(|error| error.to_string())?;
        if let Some((key, what)) = config.wrong() {
            let (value, origin) = &self.values[key];
            return Err(format!("{key} is {} ({origin}): {what}.", shown(key, value)));
        }
        self.only_one_store(&config)?;
        Ok(Loaded { config, values: self.values })
    }

    /// Whoever names a folder in the command means that folder, and no database from a file.
    fn only_one_store(&self, config: &Config) -> Result<(), String> {
        let (_, folder) = &self.values["data_dir"];
        let key = if config.storage.mongodb_uri.is_empty() {
            "storage.mongodb_uri_file"
        } else {
            "storage.mongodb_uri"
        };
        let (_, database) = &self.values[key];
        if config.storage.is_database() && matches!(folder, Origin::Flag(_)) {
            return Err(format!(
                "{folder} names a folder, and {key} ({database}) a database: the store is one of \
                 the two."
            ));
        }
        Ok(())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "a whole number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list of texts, [\"…\"]",
        _ => "a text in quotes",
    }
}

/// Every value that is no table, under its dotted key.
fn flatten(prefix: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    let Value::Table(table) = value else {
        found.push((prefix.to_owned(), value.clone()));
        return;
    };
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        flatten(&key, value, found);
    }
}

fn insert(root: &mut Value, key: &str, value: Value) {
    let mut at = root;
    for name in key.split('.') {
        let Value::Table(table) = at else { return };
        at = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    }
    *at = value;
}

/// Where a key's last part stands in the file, in bytes.
fn offset_of(table: &toml::de::DeTable<'_>, key: &str) -> Option<usize> {
    let mut names = key.split('.');
    let mut at = table;
    loop {
        let name = names.next()?;
        let (found, value) = at.iter().find(|(held, _)| held.get_ref().as_ref() == name)?;
        match value.get_ref().as_table() {
            Some(inner) => at = inner,
            None => return Some(found.span().start),
        }
    }
}
