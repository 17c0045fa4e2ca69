//! What the bench must show of the store on MongoDB: each rate beside that of the driver alone.

use super::Bound::{AtLeast, AtMost};
use super::Measure::{Fact, Growth, Ratio};
use super::{Gate, USUAL, gate};
use crate::bench::inventory::{DOCUMENTS, DOCUMENTS_MAX, ENTRIES, ENTRIES_MAX};

/// Connections at which rates are judged: the tests' MongoDB does one thing at a time.
const AT: usize = 16;
const CREATE: &str = "durable create";
const HUNDRED: &str = "transaction of 100";
const TOKEN: &str = "page by token";
const REFERENCE: &str = "page by reference";
const DATE: &str = "page by date";

pub(super) const GATES: &[Gate] = &[
    gate("create beside insert_one in a transaction", Ratio(CREATE, AT), AtLeast(0.5), "", 0),
    gate("the same, one connection", Ratio(CREATE, 1), AtLeast(0.5), "", 0),
    gate("transaction of 100 beside insert_many", Ratio(HUNDRED, AT), AtLeast(0.5), "", 0),
    gate("the same, one connection", Ratio(HUNDRED, 1), AtLeast(0.5), "", 0),
    gate("page by token beside find of 20", Ratio(TOKEN, AT), AtLeast(0.4), "", 0),
    gate("the same, one connection", Ratio(TOKEN, 1), AtLeast(0.4), "", 0),
    gate("page by reference beside find of 20", Ratio(REFERENCE, AT), AtLeast(0.4), "", 0),
    gate("the same, one connection", Ratio(REFERENCE, 1), AtLeast(0.4), "", 0),
    gate("read beside find_one", Ratio("read", AT), AtLeast(0.7), "", 0),
    gate("the same, one connection", Ratio("read", 1), AtLeast(0.7), "", 0),
    gate(DOCUMENTS, Fact(DOCUMENTS), AtMost(DOCUMENTS_MAX as f64), "", 0),
    gate(ENTRIES, Fact(ENTRIES), AtMost(ENTRIES_MAX as f64), "", 0),
    gate("growth of a page by token", Growth(TOKEN, AT), AtMost(1.5), "", USUAL),
    gate("growth of a page by reference", Growth(REFERENCE, AT), AtMost(1.5), "", USUAL),
    gate("growth of a page by date", Growth(DATE, AT), AtMost(1.5), "", USUAL),
];
