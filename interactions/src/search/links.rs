//! The links of a page: the search as it was understood, and where it goes on.

use fhir::search::{Query, query};
use fhir::{Kind, Outcome};

use crate::Condition;
use crate::policy::Permit;

use super::page::Bookmark;
use super::scope::Scope;

/// Parameters of the form of the answer, which links repeat as they are.
const OF_THE_FORM: [&str; 2] = ["_format", "_pretty"];

/// What is asked for, page links opened.
pub(super) struct Asked {
    /// The parameters of the search.
    pub(super) parameters: Condition,
    /// Parameters of the form of the answer.
    form: Condition,
    /// Where the page before ended.
    pub(super) after: Option<Vec<u8>>,
}

impl Asked {
    /// The parameters of the page's search and the page's position: for a page link those it holds.
    pub(super) fn read(
        permit: &Permit<'_>,
        scope: &Scope<'_>,
        parameters: Condition,
    ) -> Result<Self, Outcome> {
        let (form, parameters): (Condition, Condition) =
            parameters.into_iter().partition(|(name, _)| OF_THE_FORM.contains(&name.as_str()));
        let Some((_, text)) = parameters.iter().find(|(name, _)| name == "_page") else {
            refuse_length(&parameters)?;
            return Ok(Self { parameters, form, after: None });
        };
        if let Some((name, _)) = parameters.iter().find(|(name, _)| name != "_page") {
            return Err(Outcome::invalid(format!(
                "A page link holds its whole search: '{name}' cannot be added to it."
            ))
            .at(name));
        }
        let bookmark = permit.seal().open(&scope.path, text)?;
        Ok(Self { parameters: bookmark.parameters, form, after: Some(bookmark.position) })
    }

    /// What was understood of the search and really used, as its own address.
    pub(super) fn self_link(
        &self,
        permit: &Permit<'_>,
        scope: &Scope<'_>,
        query: &Query,
        page_size: usize,
    ) -> String {
        let size = page_size.to_string();
        let applied = query.applied.iter().map(|(name, value)| match name.as_str() {
            "_count" if !query.is_count_only => (name.as_str(), size.as_str()),
            name => (name, value.as_str()),
        });
        let form = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        address(scope.address(&permit.caller().base), applied.chain(form))
    }

    /// The address of the next page.
    pub(super) fn next_link(
        &self,
        permit: &Permit<'_>,
        scope: &Scope<'_>,
        position: &[u8],
    ) -> Result<String, Outcome> {
        let bookmark =
            Bookmark { position: position.to_vec(), parameters: self.parameters.clone() };
        let text = permit.seal().close(&scope.path, &bookmark)?;
        let form = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = std::iter::once(("_page", text.as_str())).chain(form);
        Ok(address(scope.address(&permit.caller().base), pairs))
    }
}

/// A page link holds the whole search and is an address itself, at most 64 KiB long.
fn refuse_length(parameters: &[(String, String)]) -> Result<(), Outcome> {
    const SEARCH_BYTES_MAX: usize = 45_000;
    // Each name and value stands in the link with its length before it, four bytes.
    let length: usize = parameters.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
    if length <= SEARCH_BYTES_MAX {
        return Ok(());
    }
    Err(Outcome::new(
        Kind::TooLarge,
        format!("The search is longer than {SEARCH_BYTES_MAX} bytes: split it into several."),
    ))
}

/// An address with parameters.
pub(crate) fn address<'a>(
    mut address: String,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    for (index, (name, value)) in pairs.enumerate() {
        address.push(if index == 0 { '?' } else { '&' });
        address.push_str(&query::encode(name));
        address.push('=');
        address.push_str(&query::encode(value));
    }
    address
}
