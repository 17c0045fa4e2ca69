//! `brigid demo`: a server on loopback with generated patients, and addresses worth opening.

use std::path::PathBuf;
use std::sync::Arc;

use fhir::json::Json;
use interactions::{BundleSubmission, Caller, Door, Interaction, Returned};

use super::arguments::Demo;
use super::instance::{Instance, asked_to_stop, runtime};
use super::{out, today};
use crate::config::{Config, Log, LogFormat, LogLevel, Storage};
use crate::generate::{Options, bundles};
use crate::{log, wiring};

const SEED: u64 = 1;

/// Databases of a demo are called so: it never writes among real records.
const DATABASE_PREFIX: &str = "brigid_demo_";

/// Stories that are named one by one; more patients are only counted.
const STORIES: usize = 12;

pub(crate) fn demo(arguments: &Demo) -> Result<(), String> {
    log::start(&Log { format: LogFormat::Human, level: LogLevel::Warn });
    // Removed when it goes out of scope, after the store was closed.
    let mut temporary = None;
    let data_dir = match &arguments.data_dir {
        Some(folder) => folder.clone(),
        None => folder_of(temporary.insert(tempfile::tempdir().map_err(|e| e.to_string())?)),
    };
    let config = Config {
        listen: arguments.listen.clone(),
        admin_listen: String::new(),
        data_dir,
        storage: Storage {
            mongodb_uri: arguments.mongodb_uri.clone().unwrap_or_default(),
            mongodb_database_prefix: DATABASE_PREFIX.to_owned(),
            ..Storage::default()
        },
        ..Config::default()
    };
    let runtime = runtime()?;
    let instance = runtime.block_on(Instance::open(&config, runtime.handle()))?;
    let options = Options { patients: arguments.patients, seed: SEED, today: today::today()? };
    let kept = match (&arguments.data_dir, &arguments.mongodb_uri) {
        (None, None) => None,
        _ => Some(wiring::place(&config)),
    };
    greet(&instance.public_url, kept.as_deref());
    let door = instance.door.clone();
    let base: Arc<str> = Arc::from(format!("{}/fhir", instance.public_url));
    runtime.block_on(async {
        let loading = tokio::spawn(load(door, base, options));
        let loader = loading.abort_handle();
        let stop = async {
            asked_to_stop().await;
            // What is not loaded yet is not missed.
            loader.abort();
        };
        instance.serve(stop).await?;
        match loading.await {
            Ok(loaded) => loaded,
            Err(error) if error.is_cancelled() => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    })
}

fn folder_of(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("data")
}

fn greet(public_url: &str, kept: Option<&str>) {
    out::line(format_args!("Brigid serves FHIR R4 at {public_url}/fhir"));
    match kept {
        Some(place) => out::line(format_args!("Data is kept in {place}.")),
        None => out::line("Data is in a temporary folder and goes when the demo ends."),
    }
    out::line("No authentication, loopback only. Ctrl-C stops it.\n");
    out::line(format_args!("  A page for people:     {public_url}/"));
    out::line(format_args!("  What it can do:        {public_url}/fhir/metadata?_pretty=true"));
    out::line(format_args!("  All patients:          {public_url}/fhir/Patient?_pretty=true\n"));
    out::line("Stories, each told with its sources:\n");
}

/// Loads everything, naming each story as soon as it can be opened.
async fn load(door: Arc<dyn Door>, base: Arc<str>, options: Options) -> Result<(), String> {
    let loaded = load_all(&*door, &base, options).await;
    if let Err(text) = &loaded {
        out::failure(text);
    }
    loaded
}

async fn load_all(door: &dyn Door, base: &Arc<str>, options: Options) -> Result<(), String> {
    let caller = Caller { base: base.clone(), request_id: Arc::from("demo"), is_lenient: false };
    let mut patients = 0;
    for sample in bundles(&options) {
        let text = serde_json::to_vec(&sample.bundle).map_err(|error| error.to_string())?;
        let body = Json::parse(text).map_err(|error| error.to_string())?;
        let submission = BundleSubmission { body, returned: Returned::Minimal };
        door.perform(&caller, Interaction::Bundle(submission))
            .await
            .map_err(|outcome| format!("{} was not loaded: {outcome}", sample.file_name))?;
        let Some(patient) = sample.patient else { continue };
        patients += 1;
        if patients <= STORIES {
            out::line(format_args!(
                "  {}\n    {base}/Patient/{patient}/$summary?_pretty=true",
                sample.title
            ));
        }
    }
    if patients > STORIES {
        out::line(format_args!("\nand {} more patients.", patients - STORIES));
    }
    out::line(format_args!("\n{patients} patients are loaded."));
    Ok(())
}
