//! What each search is to answer, by the words of R4 and by nothing of the server.

use super::measures::{Span, is_near, is_quantity, number_of, span_of, within};
use crate::truth::folded;

/// A type of parameter; tokens, references and uris by what they are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Date,
    String,
    Token,
    Identifier,
    Reference,
    Canonical,
    Quantity,
    Uri,
    Composite,
    Near,
}

/// What a search is to answer.
pub(super) enum Answer {
    /// These ids.
    Finds(Vec<String>),
    /// 400, and the text has these parts.
    Refuses(Vec<String>),
}

/// One value of a parameter, as a resource holds it.
#[derive(Debug, Clone)]
pub(super) enum Held {
    /// Least and greatest number.
    Number(f64, f64),
    /// First and last microsecond.
    Date(Span),
    Text(&'static str),
    /// System and code; of an identifier, the `system|code` of its type last.
    Token(&'static str, &'static str, &'static str),
    Reference(&'static str),
    /// Number, unit, system, code.
    Quantity(f64, &'static str, &'static str, &'static str),
    /// Two values of one element.
    Pair(Box<Held>, Box<Held>),
    /// Latitude and longitude.
    Place(f64, f64),
    /// There, and nothing that can be asked for.
    Nameless,
}

/// Is there a match; or why the value is none.
pub(super) type Judgement = Result<bool, Vec<String>>;

impl Kind {
    /// Do prefixes go with it?
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Kind::Number | Kind::Date | Kind::Quantity | Kind::Composite)
    }

    /// What may stand after its name; what an answer says of one that may not.
    pub(super) fn modifier(self, modifier: &str) -> Result<(), &'static str> {
        let allowed: &[&str] = match self {
            Kind::String => &["missing", "exact", "contains"],
            Kind::Token => &["missing", "not"],
            Kind::Identifier => &["missing", "not", "of-type"],
            Kind::Reference | Kind::Canonical => &["missing", "identifier", "above", "below"],
            Kind::Uri => &["missing", "above", "below", "contains"],
            Kind::Number | Kind::Date | Kind::Quantity | Kind::Near => &["missing"],
            Kind::Composite => &[],
        };
        let later: &[&str] = match self {
            Kind::String | Kind::Reference | Kind::Canonical => &["text"],
            Kind::Token | Kind::Identifier => &["text", "in", "not-in", "above", "below"],
            _ => &[],
        };
        let is_type = self == Kind::Reference && modifier == "Patient";
        match modifier {
            "" => Ok(()),
            _ if allowed.contains(&modifier) || is_type => Ok(()),
            _ if later.contains(&modifier) => Err("not supported yet"),
            "Patient" | "Medication" if matches!(self, Kind::Reference | Kind::Canonical) => {
                Err("never refers to")
            }
            _ if self == Kind::Composite => Err("no modifiers"),
            _ => Err("allowed on"),
        }
    }

    /// Does a held value match?
    pub(super) fn judge(self, modifier: &str, value: &str, held: &Held) -> Judgement {
        match (self, held) {
            (Kind::Number, Held::Number(low, high)) => {
                let (prefix, text) = prefix_of(value)?;
                let (number, half) = number_of(text).ok_or_else(|| says(text, "number"))?;
                Ok(within(prefix, (number, half), (*low, *high)))
            }
            (Kind::Date, Held::Date(span)) => {
                let (prefix, text) = prefix_of(value)?;
                let asked = span_of(text).ok_or_else(|| says(text, "2013-01-14"))?;
                Ok(asked.is_met(prefix, span))
            }
            (Kind::String, Held::Text(text)) => Ok(is_text(modifier, value, text)),
            (Kind::Identifier, Held::Token(_, code, kind)) if modifier == "of-type" => {
                is_of_type(value, code, kind)
            }
            (Kind::Token | Kind::Identifier, Held::Token(system, code, _)) => {
                is_token(value, system, code)
            }
            (Kind::Reference | Kind::Canonical, Held::Token(system, code, _))
                if modifier == "identifier" =>
            {
                is_token(value, system, code)
            }
            (Kind::Reference | Kind::Canonical, Held::Reference(text))
                if modifier != "identifier" =>
            {
                is_reference(modifier, value, text)
            }
            (Kind::Quantity, Held::Quantity(number, unit, system, code)) => {
                let parts: Vec<&str> = value.split('|').collect();
                let is_shape = match parts.as_slice() {
                    [_] => true,
                    [_, system, code] => system.is_empty() || !code.is_empty(),
                    _ => false,
                };
                if !is_shape {
                    return Err(says(value, "number|system|code"));
                }
                let (prefix, text) = prefix_of(value)?;
                is_quantity(prefix, text, *number, [unit, system, code])
                    .ok_or_else(|| says(text.split('|').next().unwrap_or(text), "write"))
            }
            (Kind::Uri, Held::Text(text)) => Ok(is_uri(modifier, value, text)),
            (Kind::Composite, Held::Pair(first, second)) => {
                let parts: Vec<&str> = value.split('$').collect();
                let [a, b] = parts.as_slice() else { return Err(says(value, "$")) };
                if a.is_empty() || b.is_empty() {
                    return Err(says(value, "$"));
                }
                let first = Kind::Token.judge("", a, first)?;
                Ok(Kind::Quantity.judge("", b, second)? && first)
            }
            (Kind::Near, Held::Place(north, east)) => {
                is_near(value, *north, *east).ok_or_else(|| says("", "write"))
            }
            _ => Ok(false),
        }
    }

    /// A held value of the kind that nothing is wrong with, to judge a query by alone.
    pub(super) fn any_held(self, modifier: &str) -> Held {
        match self {
            Kind::Number => Held::Number(0.0, 0.0),
            Kind::Date => Held::Date(Span { low: 0, high: 0 }),
            Kind::String | Kind::Uri => Held::Text(""),
            Kind::Token | Kind::Identifier => Held::Token("", "", ""),
            Kind::Reference | Kind::Canonical if modifier == "identifier" => {
                Held::Token("", "", "")
            }
            Kind::Reference | Kind::Canonical => Held::Reference("urn:x"),
            Kind::Quantity => Held::Quantity(0.0, "", "", ""),
            Kind::Composite => Held::Pair(
                Box::new(Held::Token("", "", "")),
                Box::new(Held::Quantity(0.0, "", "", "")),
            ),
            Kind::Near => Held::Place(0.0, 0.0),
        }
    }
}

fn says(part: &str, hint: &str) -> Vec<String> {
    vec![part.to_owned(), hint.to_owned()]
}

/// Two letters at the start of an ordered value are its prefix.
fn prefix_of(value: &str) -> Result<(&str, &str), Vec<String>> {
    let is_letters = value.len() > 1 && value.bytes().take(2).all(|b| b.is_ascii_lowercase());
    if !is_letters {
        return Ok(("eq", value));
    }
    let (prefix, rest) = value.split_at(2);
    let known = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"];
    if known.contains(&prefix) { Ok((prefix, rest)) } else { Err(says(prefix, "eq, ne, gt")) }
}

/// Folded as the specification has it; here also the letters that no accent makes.
fn plain(text: &str) -> String {
    // A combining mark folds like the letter that it makes.
    let text = text.replace(|c: char| ('\u{300}'..='\u{36f}').contains(&c), "");
    let text = text.replace('\'', "").replace('ß', "ss").replace(['ø', 'Ø'], "o");
    folded(&text)
}

fn is_text(modifier: &str, value: &str, held: &str) -> bool {
    match modifier {
        "exact" => value == held,
        "contains" => plain(held).contains(&plain(value)),
        // A family name is found by each of its words.
        _ => {
            let held = plain(held);
            let words = held.match_indices(' ').map(|(at, _)| &held[at + 1..]);
            std::iter::once(held.as_str()).chain(words).any(|one| one.starts_with(&plain(value)))
        }
    }
}

fn is_token(value: &str, system: &str, code: &str) -> Judgement {
    let is_code = |asked: &str| asked.eq_ignore_ascii_case(code) && !code.is_empty();
    match value.split('|').collect::<Vec<_>>().as_slice() {
        [asked] => Ok(is_code(asked)),
        ["", ""] => Err(says(value, "system|code")),
        ["", asked] => Ok(system.is_empty() && is_code(asked)),
        [of, ""] => Ok(*of == system),
        [of, asked] => Ok(*of == system && is_code(asked)),
        _ => Err(says(value, "system|code")),
    }
}

fn is_of_type(value: &str, code: &str, kind: &str) -> Judgement {
    let parts: Vec<&str> = value.split('|').collect();
    if parts.len() != 3 || parts.iter().any(|part| part.is_empty()) {
        return Err(says(value, "system|code|value"));
    }
    let asked = format!("{}|{}", parts[0], parts[1]);
    Ok(asked.eq_ignore_ascii_case(kind) && parts[2].eq_ignore_ascii_case(code))
}

fn is_reference(modifier: &str, value: &str, held: &str) -> Judgement {
    let has_scheme = |text: &str| text.starts_with("http:") || text.starts_with("urn:");
    if matches!(modifier, "above" | "below") {
        let parts: Vec<&str> = value.split('|').collect();
        let [url, version] = parts.as_slice() else { return Err(says(value, "|1.2")) };
        if !has_scheme(url) || version.is_empty() {
            return Err(says(value, "|1.2"));
        }
        let Some((own, of)) = held.split_once('|') else { return Ok(false) };
        let (fine, coarse) = if modifier == "below" { (of, *version) } else { (*version, of) };
        let is_finer = fine == coarse || fine.starts_with(&format!("{coarse}."));
        return Ok(own == *url && is_finer);
    }
    let (asked, version) = value.split_once('|').map_or((value, None), |(a, v)| (a, Some(v)));
    let types = ["Patient", "Group", "Practitioner", "Questionnaire"];
    let is_typed =
        asked.split_once('/').is_some_and(|(name, _)| types.contains(&name)) && version.is_none();
    if has_scheme(asked) && modifier != "Patient" {
        let (own, of) = held.split_once('|').map_or((held, None), |(a, v)| (a, Some(v)));
        return Ok(own == asked && (version.is_none() || version == of));
    }
    let is_id = asked.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !asked.is_empty();
    if version.is_some() || !(is_id || is_typed) {
        return Err(says(asked, ""));
    }
    if modifier == "Patient" && is_typed && !asked.starts_with("Patient/") {
        return Err(says(asked, "Patient"));
    }
    let (own, own_version) =
        held.split_once("/_history/").map_or((held, None), |(a, v)| (a, Some(v)));
    let (asked, version) =
        asked.split_once("/_history/").map_or((asked, None), |(a, v)| (a, Some(v)));
    if has_scheme(own) || own.starts_with('#') || (version.is_some() && version != own_version) {
        return Ok(false);
    }
    let (name, id) = own.split_once('/').unwrap_or(("", own));
    let is_of_type = modifier != "Patient" || name == "Patient";
    Ok(is_of_type && (own == asked || (!is_typed && id == asked)))
}

fn is_uri(modifier: &str, value: &str, held: &str) -> bool {
    let is_under = |fine: &str, coarse: &str| {
        fine == coarse || fine.starts_with(&format!("{}/", coarse.trim_end_matches('/')))
    };
    match modifier {
        "contains" => held.contains(value),
        "below" => is_under(held, value),
        "above" => is_under(value, held),
        _ => held == value,
    }
}
