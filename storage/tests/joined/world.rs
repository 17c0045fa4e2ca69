//! Random resources of three types that refer to one another, and what a filter means among them.

use fhir::search::{
    DateTest, DateValue, Entry, Filter, IndexValue, Param, Prefix, ReferenceValue, StringValue,
    Test, TokenTest, TokenValue, UriValue,
};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::select;

/// All types; the first one has no canonical URLs.
pub(crate) const TYPES: [&str; 3] = ["Patient", "Form", "Answer"];
const LINKS: [&str; 2] = ["subject", "link"];
const URLS: [&str; 3] = ["http://x/a", "http://x/b", "http://x/c"];

/// A resource as the oracle keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    pub(crate) resource: &'static str,
    pub(crate) id: String,
    pub(crate) entries: Vec<Entry>,
}

impl Doc {
    /// The values of a parameter.
    pub(crate) fn values(&self, code: &str) -> impl Iterator<Item = &IndexValue> {
        self.entries.iter().filter(move |e| &*e.param.code == code).map(|entry| &entry.value)
    }

    /// Does a reference lead here?
    fn is_meant(&self, value: &IndexValue) -> bool {
        match value {
            IndexValue::Reference(ReferenceValue::Local { resource, id, .. }) => {
                *resource == self.resource && *id == self.id
            }
            IndexValue::Reference(ReferenceValue::Url { url, version }) => {
                let is_version = |value: &IndexValue| match value {
                    IndexValue::Token(token) => Some(&token.code) == version.as_ref(),
                    _ => false,
                };
                !url.is_empty()
                    && self.values("url").any(|v| *v == IndexValue::Uri(UriValue(url.clone())))
                    && (version.is_none() || self.values("version").any(is_version))
            }
            _ => false,
        }
    }

    fn refers(&self, param: &Param, target: &Doc) -> bool {
        *self.resource == *param.resource
            && self.values(&param.code).any(|value| target.is_meant(value))
    }
}

/// Does the filter hold of a resource among all?
pub(crate) fn holds(docs: &[Doc], filter: &Filter, doc: &Doc) -> bool {
    match filter {
        Filter::All => true,
        Filter::And(parts) => parts.iter().all(|part| holds(docs, part, doc)),
        Filter::Or(parts) => parts.iter().any(|part| holds(docs, part, doc)),
        Filter::Not(part) => !holds(docs, part, doc),
        Filter::Ids(ids) => ids.contains(&doc.id),
        Filter::Matches(param, test) => doc.values(&param.code).any(|value| test.matches(value)),
        Filter::Present(param) => doc.values(&param.code).next().is_some(),
        Filter::Chain(param, target, inner) => docs.iter().any(|other| {
            *other.resource == **target && doc.refers(param, other) && holds(docs, inner, other)
        }),
        Filter::Has(param, inner) => {
            docs.iter().any(|other| other.refers(param, doc) && holds(docs, inner, other))
        }
    }
}

/// An id of any type, of which the last few are no one's.
pub(crate) fn id(of: usize) -> BoxedStrategy<String> {
    (0..of + 3).prop_map(|n| format!("r{n}")).boxed()
}

fn reference(of: usize) -> BoxedStrategy<IndexValue> {
    let versions = || select(vec![None, None, Some("1"), Some("2"), Some("9")]);
    let types = select(vec!["Patient", "Form", "Answer", "Answer", "Ghost"]);
    let local = (types, id(of), versions()).prop_map(|(resource, id, version)| {
        let version = version.map(str::to_owned);
        ReferenceValue::Local { resource: resource.to_owned(), id, version }
    });
    let urls = select([&URLS[..], &["", "http://x/none"]].concat());
    let url = (urls, versions()).prop_map(|(url, version)| ReferenceValue::Url {
        url: url.to_owned(),
        version: version.map(str::to_owned),
    });
    let identifier = Just(ReferenceValue::Identifier(TokenValue::new(None, "c1")));
    prop_oneof![6 => local, 2 => url, 1 => identifier].prop_map(IndexValue::Reference).boxed()
}

/// The entries of a resource among so many of each type.
pub(crate) fn entries(resource: &'static str, of: usize) -> BoxedStrategy<Vec<Entry>> {
    let token = |text: String| IndexValue::Token(TokenValue::new(None, &text));
    let codes = (0..5_u8).prop_map(move |n| token(format!("c{n}"))).boxed();
    let names = select(vec!["ann", "bob", "zoe"]);
    let names = names.prop_map(|text| IndexValue::String(StringValue::new(text))).boxed();
    let dates = (0..9_i64).prop_map(|n| IndexValue::Date(DateValue { low: n, high: n })).boxed();
    let urls = select(URLS.to_vec()).prop_map(|url| IndexValue::Uri(UriValue(url.into()))).boxed();
    let versions = (1..3_u8).prop_map(move |n| token(n.to_string())).boxed();
    let mut all = vec![("code", codes, 2), ("name", names, 1), ("date", dates, 2)];
    if resource != "Patient" {
        all.extend([("url", urls, 2), ("version", versions, 1)]);
    }
    all.extend(LINKS.map(|link| (link, reference(of), 2)));
    let all: Vec<_> = all
        .into_iter()
        .map(|(code, values, most)| {
            proptest::collection::vec(values, 0..=most).prop_map(move |values| {
                let entry = |value| Entry { param: Param::new(resource, code), value };
                values.into_iter().map(entry).collect::<Vec<_>>()
            })
        })
        .collect();
    all.prop_map(|all| all.concat()).boxed()
}

fn leaf(resource: &'static str, of: usize) -> BoxedStrategy<Filter> {
    let param = move |code: &str| Param::new(resource, code);
    let code = (0..6_u8).prop_map(move |n| {
        let test = TokenTest { system: None, code: Some(format!("c{n}")) };
        Filter::Matches(param("code"), Test::Token(test))
    });
    let date = (select(vec![Prefix::Lt, Prefix::Ge, Prefix::Ne]), 0..9_i64)
        .prop_map(|(prefix, at)| DateTest { prefix, low: at, high: at })
        .prop_map(move |test| Filter::Matches(param("date"), Test::Date(test)));
    let present = select(vec!["code", "name", "subject", "url", "unknown"]);
    let present = present.prop_map(move |code| Filter::Present(param(code)));
    let ids = proptest::collection::vec(id(of), 0..4).prop_map(Filter::Ids);
    prop_oneof![5 => code, 3 => date, 1 => present, 2 => ids, 1 => Just(Filter::All)].boxed()
}

/// A filter on a type, with up to so many joins and connectives around one another.
pub(crate) fn filter(resource: &'static str, of: usize, depth: usize) -> BoxedStrategy<Filter> {
    if depth == 0 {
        return leaf(resource, of);
    }
    let inner = move || filter(resource, of, depth - 1);
    let parts = move || proptest::collection::vec(inner(), 0..4);
    let chain =
        (select(LINKS.to_vec()), select(TYPES.to_vec())).prop_flat_map(move |(link, target)| {
            let param = Param::new(resource, link);
            filter(target, of, depth - 1)
                .prop_map(move |inner| Filter::Chain(param.clone(), target.into(), Box::new(inner)))
        });
    let has =
        (select(LINKS.to_vec()), select(TYPES.to_vec())).prop_flat_map(move |(link, source)| {
            let param = Param::new(source, link);
            filter(source, of, depth - 1)
                .prop_map(move |inner| Filter::Has(param.clone(), Box::new(inner)))
        });
    let ghost = any::<bool>().prop_map(move |is_chain| {
        let all = Box::new(Filter::All);
        match is_chain {
            true => Filter::Chain(Param::new(resource, "subject"), "Ghost".into(), all),
            false => Filter::Has(Param::new("Ghost", "subject"), all),
        }
    });
    prop_oneof![
        5 => chain,
        5 => has,
        3 => parts().prop_map(Filter::And),
        2 => parts().prop_map(Filter::Or),
        2 => inner().prop_map(|part| Filter::Not(Box::new(part))),
        3 => leaf(resource, of),
        1 => ghost,
    ]
    .boxed()
}
