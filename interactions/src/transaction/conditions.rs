//! What the conditions of a transaction match: all are asked of the store at once.
//!
//! <https://hl7.org/fhir/R4/http.html#trules>

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::{Kind, Outcome};
use storage::Check;

use super::Entry;
use super::links::ConditionalReference;
use crate::conditional::{self, Found};
use crate::policy::Permit;
use crate::{Condition, Interaction, Target};

/// A resource type and a condition on it.
pub(super) type Asked = (Arc<str>, Condition);

/// The conditions of all entries and of the references in them, with what matches them; of one that
/// is wrong, why it is.
#[derive(Default)]
pub(super) struct Conditions {
    found: HashMap<Asked, Result<(Found, Check), Outcome>>,
}

impl Conditions {
    pub(super) async fn look_up(
        permit: &Permit<'_>,
        entries: &[Entry],
        references: &[ConditionalReference],
    ) -> Result<Self, Outcome> {
        let named = entries.iter().filter_map(condition);
        let mut all: HashSet<Asked> =
            named.map(|(resource, condition)| (resource.clone(), condition.clone())).collect();
        all.extend(references.iter().map(|reference| reference.asked.clone()));
        let mut found = HashMap::with_capacity(all.len());
        let (mut names, mut wanted) = (Vec::new(), Vec::new());
        for name in all {
            let (resource, condition) = &name;
            match conditional::filter(permit, resource, condition) {
                Ok(filter) => {
                    wanted.push((resource.clone(), filter));
                    names.push(name);
                }
                Err(outcome) => {
                    found.insert(name, Err(outcome));
                }
            }
        }
        let matched = conditional::find_all(permit, wanted).await?;
        found.extend(names.into_iter().zip(matched.into_iter().map(Ok)));
        Ok(Self { found })
    }

    /// What matches the condition of an entry or of a reference, and the check that it still does at
    /// the commit.
    pub(super) fn find(
        &self,
        resource: &Arc<str>,
        condition: &Condition,
    ) -> Result<(Found, Check), Outcome> {
        let found = self.found.get(&(resource.clone(), condition.clone()));
        found.cloned().unwrap_or_else(|| {
            Err(Outcome::new(Kind::Fault, "A condition of the transaction was not looked up."))
        })
    }
}

/// The condition by which an entry names what it is about.
fn condition(entry: &Entry) -> Option<(&Arc<str>, &Condition)> {
    let (resource, target) = match &entry.interaction {
        Interaction::Create(request) => {
            return Some((&request.resource, request.unless_exists.as_ref()?));
        }
        Interaction::Update(request) => (&request.resource, &request.target),
        Interaction::Patch(request) => (&request.resource, &request.target),
        Interaction::Delete(request) => (&request.resource, &request.target),
        _ => return None,
    };
    match target {
        Target::Condition(condition) => Some((resource, condition)),
        Target::Id(_) => None,
    }
}
