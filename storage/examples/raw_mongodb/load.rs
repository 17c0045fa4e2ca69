//! One thing, done by several tasks again and again until the time is over.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fhir::json::quote;
use mongodb::error::Error;

/// A task gives up after so many errors.
const ERRORS_MAX: usize = 20;

/// What is done: given its task and how often that has done it, it tells how many things it did.
pub(super) type Step = Arc<dyn Fn(usize, u64) -> Done + Send + Sync>;
pub(super) type Done = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

#[derive(Default)]
struct Sum {
    micros: Vec<u128>,
    things: u64,
    errors: Vec<String>,
}

/// Does it and describes what came of it in a line of JSON.
pub(super) async fn measure(name: &str, tasks: usize, duration: Duration, step: Step) -> String {
    let warm_up = Duration::from_secs_f64((duration.as_secs_f64() * 0.2).clamp(0.1, 2.0));
    let from = Instant::now() + warm_up;
    let until = from + duration;
    let sum = Arc::new(Mutex::new(Sum::default()));
    let running: Vec<_> = (0..tasks)
        .map(|task| tokio::spawn(repeat(task, from, until, Arc::clone(&step), Arc::clone(&sum))))
        .collect();
    for task in running {
        task.await.expect("no task panics");
    }
    let seconds = from.elapsed().as_secs_f64();
    let mut sum = sum.lock().expect("no task panics");
    sum.micros.sort_unstable();
    let ms = |percent: f64| {
        let rank = (percent / 100.0 * sum.micros.len() as f64).ceil() as usize;
        sum.micros.get(rank.saturating_sub(1)).copied().unwrap_or(0) as f64 / 1000.0
    };
    format!(
        "{{\"floor\":{},\"tasks\":{tasks},\"requests\":{},\"rate\":{:.3},\"p50_ms\":{:.3},\
         \"p95_ms\":{:.3},\"p99_ms\":{:.3},\"errors\":{},\"error\":{}}}",
        quote(name),
        sum.micros.len(),
        sum.things as f64 / seconds,
        ms(50.0),
        ms(95.0),
        ms(99.0),
        sum.errors.len(),
        quote(sum.errors.first().map_or("", String::as_str))
    )
}

async fn repeat(task: usize, from: Instant, until: Instant, step: Step, sum: Arc<Mutex<Sum>>) {
    let mut own = Sum::default();
    let mut round = 0;
    while Instant::now() < until && own.errors.len() < ERRORS_MAX {
        let start = Instant::now();
        match step(task, round).await {
            Ok(things) if start >= from => {
                own.micros.push(start.elapsed().as_micros());
                own.things += things;
            }
            Ok(_) => (),
            Err(error) => own.errors.push(error.to_string()),
        }
        round += 1;
    }
    let mut sum = sum.lock().expect("no task panics");
    sum.micros.append(&mut own.micros);
    sum.things += own.things;
    sum.errors.append(&mut own.errors);
}
