//! [String functions].
//!
//! [String functions]: http://hl7.org/fhirpath/N1/#string-manipulation

use std::borrow::Cow;

use regex::{Regex, RegexBuilder};

use super::PathError;
use super::ast::{Expr, Literal};
use super::calls::Arguments;
use super::eval::BYTES_PER_STEP;
use super::functions::Function;
use super::item::Item;

/// Compiled size of a pattern, in bytes.
const PATTERN_SIZE_MAX: usize = 1 << 20;

/// Steps that compiling the largest pattern is worth.
const PATTERN_STEPS: u64 = 20_000;

/// Functions that give several items: `toChars`, `split`. `None` for any other.
pub(super) fn several<'a>(
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Vec<Item<'a>>>, PathError> {
    let function = arguments.function();
    if !matches!(function, Function::ToChars | Function::Split) {
        return Ok(None);
    }
    let Item::String(text) = input else {
        return Err(arguments.wrong_input(input, "a string"));
    };
    arguments.evaluator.burn(text.len() as u64)?;
    if function == Function::ToChars {
        return Ok(Some(text.chars().map(|one| Item::text(one.to_string())).collect()));
    }
    let Some(separator) = arguments.text(0)? else { return Ok(Some(Vec::new())) };
    if separator.is_empty() {
        return Ok(Some(vec![input.clone()]));
    }
    let parts = text.split(&*separator).map(|part| Item::text(part.to_owned()));
    Ok(Some(parts.collect()))
}

pub(super) fn apply<'a>(
    input: &Item<'a>,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let Item::String(text) = input else {
        return Err(arguments.wrong_input(input, "a string"));
    };
    arguments.evaluator.burn(text.len() as u64 / BYTES_PER_STEP)?;
    Ok(match arguments.function() {
        Function::Upper => Some(Item::text(text.to_uppercase())),
        Function::Lower => Some(Item::text(text.to_lowercase())),
        Function::Length => Some(integer(text.chars().count())),
        Function::Trim => Some(Item::text(text.trim().to_owned())),
        Function::Substring => substring(text, arguments)?,
        Function::Replace => match (arguments.text(0)?, arguments.text(1)?) {
            (Some(pattern), Some(by)) => {
                Some(Item::text(replaced(text, &pattern, &by, arguments)?))
            }
            _ => None,
        },
        Function::Matches | Function::MatchesFull | Function::ReplaceMatches => {
            by_pattern(text, arguments)?
        }
        function => {
            let Some(other) = arguments.text(0)? else { return Ok(None) };
            let other = &*other;
            Some(match function {
                Function::StartsWith => Item::Boolean(text.starts_with(other)),
                Function::EndsWith => Item::Boolean(text.ends_with(other)),
                Function::Contains => Item::Boolean(text.contains(other)),
                Function::IndexOf => position(text, text.find(other)),
                _ => position(text, text.rfind(other)),
            })
        }
    })
}

fn integer<'a>(count: usize) -> Item<'a> {
    Item::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Positions count characters; −1 where nothing was found.
fn position<'a>(text: &str, byte: Option<usize>) -> Item<'a> {
    match byte {
        Some(byte) => integer(text[..byte].chars().count()),
        None => Item::Integer(-1),
    }
}

fn substring<'a>(
    text: &str,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let Some(start) = arguments.integer(0)? else { return Ok(None) };
    let count = text.chars().count();
    let Some(start) = usize::try_from(start).ok().filter(|start| *start < count) else {
        return Ok(None);
    };
    let length = match arguments.integer(1)? {
        Some(length) => usize::try_from(length).unwrap_or(0),
        None => count,
    };
    Ok(Some(Item::text(text.chars().skip(start).take(length).collect::<String>())))
}

/// A replacement may be far longer than what it replaces, so what it will be is counted first.
fn replaced(
    text: &str,
    pattern: &str,
    by: &str,
    arguments: &Arguments<'_, '_, '_, '_>,
) -> Result<String, PathError> {
    let count = text.matches(pattern).count() as u64;
    arguments.evaluator.burn(count.saturating_mul(by.len() as u64) / BYTES_PER_STEP)?;
    Ok(text.replace(pattern, by))
}

fn by_pattern<'a>(
    text: &str,
    arguments: &Arguments<'_, '_, '_, 'a>,
) -> Result<Option<Item<'a>>, PathError> {
    let Some(pattern) = arguments.text(0)? else { return Ok(None) };
    let is_full = arguments.function() == Function::MatchesFull;
    let call = arguments.call;
    let made;
    let regex = if matches!(call.arguments[0], Expr::Literal(Literal::String(_))) {
        call.pattern.get_or_init(|| compiled(&pattern, is_full)).as_ref().map_err(Clone::clone)?
    } else {
        arguments.evaluator.burn(PATTERN_STEPS)?;
        made = compiled(&pattern, is_full)?;
        &made
    };
    arguments.evaluator.burn(text.len() as u64 / BYTES_PER_STEP)?;
    if arguments.function() != Function::ReplaceMatches {
        return Ok(Some(Item::Boolean(regex.is_match(text))));
    }
    let Some(by) = arguments.text(1)? else { return Ok(None) };
    if pattern.is_empty() {
        return Ok(Some(Item::text(text.to_owned())));
    }
    // Each group that is put in is at most the whole text.
    let count = regex.find_iter(text).count() as u64;
    let groups = by.matches('$').count() as u64;
    let bytes = count.saturating_mul(by.len() as u64);
    let bytes = bytes.saturating_add(groups.saturating_mul(text.len() as u64));
    arguments.evaluator.burn(bytes / BYTES_PER_STEP)?;
    let by = template(&by);
    Ok(Some(Item::text(regex.replace_all(text, &*by).into_owned())))
}

/// A [pattern] of the dialect that FHIRPath shares with others; case counts, and `.` stands for a
/// line break too. Look-around and back-references do not exist, so that matching takes linear
/// time.
///
/// [pattern]: http://hl7.org/fhirpath/N1/#matchesregex--string--boolean
fn compiled(pattern: &str, is_full: bool) -> Result<Regex, PathError> {
    let whole;
    let pattern = if is_full {
        whole = format!("^(?:{pattern})$");
        &whole
    } else {
        pattern
    };
    let built =
        RegexBuilder::new(pattern).dot_matches_new_line(true).size_limit(PATTERN_SIZE_MAX).build();
    built.map_err(|error| PathError::execution(format!("{pattern:?} is no pattern: {error}")))
}

/// `$1` is group 1 whatever follows; the crate would read `$1a` as a name.
fn template(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 4);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        out.push(character);
        if character == '$' && characters.peek().is_some_and(char::is_ascii_digit) {
            out.push('{');
            while let Some(digit) = characters.next_if(char::is_ascii_digit) {
                out.push(digit);
            }
            out.push('}');
        }
    }
    out.into()
}
