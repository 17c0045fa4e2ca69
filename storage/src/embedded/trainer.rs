//! The thread that makes dictionaries, once a type has enough resources to learn from.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;

use arc_swap::ArcSwapOption;

use super::committer::TRAINING;
use super::scan;
use super::view::View;
use crate::StoreError;

/// Bodies above this length teach little about the others.
const SAMPLE_MAX: usize = 16 * 1024;

/// Trains for each type that comes, until no one can ask any more or the store closes.
pub(super) fn run(types: &Receiver<u16>, published: &ArcSwapOption<View>, is_closing: &AtomicBool) {
    while let Ok(type_id) = types.recv() {
        let Some(view) = published.load_full() else { return };
        if is_closing.load(Ordering::Acquire) {
            return;
        }
        if let Err(error) = train(&view, type_id) {
            tracing::warn!(%error, "no dictionary was made");
        }
    }
}

fn train(view: &Arc<View>, type_id: u16) -> Result<(), StoreError> {
    let engine = &view.engine;
    if engine.dictionaries.has(type_id) {
        return Ok(());
    }
    let mut bodies = Vec::with_capacity(TRAINING);
    for docid in scan::members(view, type_id, 0, u32::MAX).take(TRAINING) {
        let body = view.member(docid?)?.unstamped(&engine.dictionaries);
        bodies.extend(body.filter(|body| body.len() <= SAMPLE_MAX));
    }
    engine.dictionaries.train(&engine.facts, type_id, &bodies)
}
