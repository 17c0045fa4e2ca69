//! Results as a table for people, and as JSON.

use std::fmt::Write;

use fhir::json::quote;

use super::gates::{Judged, Verdict};
use super::kept::Fall;
use super::results::{Figure, Results, ratio};

/// Head of the table of figures.
fn head(has_database: bool) -> String {
    let mut names = "| set | scenario | connections | rate | × floor | p50 ms | p95 ms | p99 ms | \
                     CPU ms | body KiB | resident MiB | errors |"
        .to_owned();
    let mut rule = format!("|{}", "---|".repeat(12));
    if has_database {
        names += " database's CPU ms |";
        rule += "---|";
    }
    format!("{names}\n{rule}")
}

/// All tables.
pub(crate) fn markdown(results: &Results, judged: &[Judged], falls: &[Fall]) -> String {
    let mut out = String::new();
    for (name, value) in &results.header {
        line(&mut out, &format!("{name}: {value}  "));
    }
    let has_database = results.figures.iter().any(|f| f.measured.database_ms.is_some());
    for size in results.sizes() {
        line(&mut out, &format!("\n### {size} resources\n\n{}", head(has_database)));
        for figure in results.figures.iter().filter(|figure| figure.size == size) {
            line(&mut out, &row(figure));
        }
    }
    facts(results, &mut out);
    for table in &results.tables {
        line(&mut out, &format!("\n{table}"));
    }
    growth(results, &mut out);
    if !judged.is_empty() {
        line(&mut out, "\n### Gates\n\n| gate | bound | measured | |\n|---|---|---|---|");
        for gate in judged {
            line(&mut out, &verdict(gate));
        }
    }
    falls_table(falls, &mut out);
    if !results.left.is_empty() {
        line(&mut out, "\n### Not run\n\n| scenario | why |\n|---|---|");
        for (name, why) in &results.left {
            line(&mut out, &format!("| {name} | {why} |"));
        }
    }
    failures(results, &mut out);
    out
}

/// A figure as a row of the table: one with errors has none.
pub(crate) fn row(figure: &Figure) -> String {
    let of = &figure.measured;
    let start = format!("| {} | {} | {} |", figure.set, figure.name, figure.connections);
    let resident = some(figure.resident_mib, 0);
    if of.errors > 0 {
        return format!("{start} no figure | | | | | | | {resident} | {} |", of.errors);
    }
    let unit = if figure.unit == "requests" { "/s" } else { " resources/s" };
    let database = of.database_ms.map(|ms| format!(" {ms:.3} |")).unwrap_or_default();
    format!(
        "{start} {}{unit} | {} | {:.2} | {:.2} | {:.2} | {} | {:.1} | {resident} | 0 |{database}",
        number(of.rate),
        some(figure.ratio, 3),
        of.p50_ms,
        of.p95_ms,
        of.p99_ms,
        some(of.cpu_ms, 3),
        of.body_kib,
    )
}

fn facts(results: &Results, out: &mut String) {
    if results.facts.is_empty() {
        return;
    }
    line(out, "\n### Once\n\n| resources | what | figure |\n|---|---|---|");
    for fact in &results.facts {
        let size = if fact.size == 0 { String::new() } else { fact.size.to_string() };
        line(out, &format!("| {size} | {} | {} {} |", fact.name, number(fact.value), fact.unit));
    }
}

/// How p50 and CPU grow from the least size to each of the others.
fn growth(results: &Results, out: &mut String) {
    let sizes = results.sizes();
    let Some((least, others)) = sizes.split_first() else { return };
    if others.is_empty() {
        return;
    }
    line(out, &format!("\n### Growth from {least} resources\n"));
    let columns: Vec<String> =
        others.iter().map(|size| format!("p50 × at {size} | CPU × at {size}")).collect();
    line(out, &format!("| scenario | connections | {} |", columns.join(" | ")));
    line(out, &format!("|---|---|{}", "---|---|".repeat(others.len())));
    for small in results.figures.iter().filter(|figure| figure.size == *least) {
        let grown = others.iter().map(|size| {
            let large = results.figure(*size, small.name, small.connections);
            let fine = large.filter(|f| f.measured.errors == 0 && small.measured.errors == 0);
            let p50 = fine.and_then(|f| ratio(f.measured.p50_ms, Some(small.measured.p50_ms)));
            let cpu = fine.and_then(|f| ratio(f.measured.cpu_ms?, small.measured.cpu_ms));
            format!("{} | {}", some(p50, 2), some(cpu, 2))
        });
        let grown: Vec<String> = grown.collect();
        line(out, &format!("| {} | {} | {} |", small.name, small.connections, grown.join(" | ")));
    }
}

fn verdict(gate: &Judged) -> String {
    let (value, said) = match &gate.verdict {
        Verdict::Met(value) => (number(*value), "met".to_owned()),
        Verdict::Missed(value, percent) => {
            (number(*value), format!("**missed** by {percent:+.0} %"))
        }
        Verdict::NotJudged(why) => (String::new(), why.clone()),
    };
    format!("| {} | {} {} | {value} | {said} |", gate.name, gate.bound, gate.unit)
}

fn falls_table(falls: &[Fall], out: &mut String) {
    if falls.is_empty() {
        return;
    }
    line(
        out,
        "\n### Against the figures that are kept\n\n\
         | resources/connections/scenario | × floor then | now | |\n|---|---|---|---|",
    );
    for fall in falls {
        let percent = (fall.now / fall.then - 1.0) * 100.0;
        let fell = if fall.is_fall() { " **fell**" } else { "" };
        let (key, then, now) = (&fall.key, fall.then, fall.now);
        line(out, &format!("| {key} | {then:.3} | {now:.3} | {percent:+.0} %{fell} |"));
    }
}

fn failures(results: &Results, out: &mut String) {
    let failed = results.failed();
    if failed.is_empty() {
        return;
    }
    line(out, "\n### Errors\n\n| scenario | connections | errors | the first |\n|---|---|---|---|");
    for figure in failed {
        let of = &figure.measured;
        let error = of.error.replace(['\n', '|'], " ");
        line(
            out,
            &format!("| {} | {} | {} | {error} |", figure.name, figure.connections, of.errors),
        );
    }
}

/// The same as one JSON object.
pub(crate) fn json(results: &Results, judged: &[Judged]) -> String {
    let header = results.header.iter().map(|(name, value)| pair(name, &quote(value)));
    let figures = results.figures.iter().map(figure_json);
    let facts = results.facts.iter().map(|fact| {
        object([
            pair("resources", &fact.size.to_string()),
            pair("name", &quote(fact.name)),
            pair("value", &plain(fact.value)),
            pair("unit", &quote(fact.unit)),
        ])
    });
    let gates = judged.iter().map(|gate| {
        let (value, said) = match &gate.verdict {
            Verdict::Met(value) => (plain(*value), "met"),
            Verdict::Missed(value, _) => (plain(*value), "missed"),
            Verdict::NotJudged(_) => ("null".to_owned(), "not judged"),
        };
        object([
            pair("name", &quote(gate.name)),
            pair("bound", &quote(gate.bound.trim())),
            pair("value", &value),
            pair("verdict", &quote(said)),
        ])
    });
    let left = results.left.iter().map(|(name, why)| pair(name, &quote(why)));
    let whole = object([
        pair("header", &object(header)),
        pair("figures", &array(figures)),
        pair("once", &array(facts)),
        pair("gates", &array(gates)),
        pair("notRun", &object(left)),
    ]);
    whole + "\n"
}

fn figure_json(figure: &Figure) -> String {
    let of = &figure.measured;
    let optional = |value: Option<f64>| value.map_or("null".to_owned(), plain);
    let figures = |value: f64| if of.errors > 0 { "null".to_owned() } else { plain(value) };
    object([
        pair("resources", &figure.size.to_string()),
        pair("set", &quote(figure.set)),
        pair("scenario", &quote(figure.name)),
        pair("connections", &figure.connections.to_string()),
        pair("requests", &of.requests.to_string()),
        pair("unit", &quote(figure.unit)),
        pair("rate", &figures(of.rate)),
        pair("ratio", &optional(figure.ratio)),
        pair("p50_ms", &figures(of.p50_ms)),
        pair("p95_ms", &figures(of.p95_ms)),
        pair("p99_ms", &figures(of.p99_ms)),
        pair("cpu_ms", &optional(of.cpu_ms)),
        pair("database_ms", &optional(of.database_ms)),
        pair("body_kib", &plain(of.body_kib)),
        pair("resident_mib", &optional(figure.resident_mib)),
        pair("errors", &of.errors.to_string()),
    ])
}

fn pair(name: &str, value: &str) -> String {
    format!("{}:{value}", quote(name))
}

fn object(pairs: impl IntoIterator<Item = String>) -> String {
    format!("{{{}}}", pairs.into_iter().collect::<Vec<_>>().join(","))
}

fn array(items: impl IntoIterator<Item = String>) -> String {
    format!("[\n{}\n]", items.into_iter().collect::<Vec<_>>().join(",\n"))
}

/// A number as JSON has it.
fn plain(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { "null".to_owned() }
}

fn some(value: Option<f64>, digits: usize) -> String {
    value.map(|value| format!("{value:.digits$}")).unwrap_or_default()
}

/// Three digits that mean something.
fn number(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}")
}

fn line(out: &mut String, text: &str) {
    // A string takes all that is written.
    let _ = writeln!(out, "{text}");
}
