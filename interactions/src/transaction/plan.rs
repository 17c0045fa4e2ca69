//! What each entry of a transaction amounts to: ids given, conditions settled, overlaps refused.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fhir::{Kind, Outcome};
use storage::{Check, Expected, Key};

use super::Entry;
use super::conditions::Conditions;
use super::links::ConditionalReference;
use crate::conditional::{Found, several};
use crate::policy::Permit;
use crate::update::{self, Resolved};
use crate::{Condition, Create, Delete, Interaction, Target, Update, patch, write};

/// What one entry amounts to.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A resource is written.
    Put {
        key: Key,
        expected: Expected,
        /// Under an id of the server's choice.
        is_create: bool,
    },
    /// A resource is patched.
    Patch { key: Key, expected: Expected },
    /// A resource goes; `None`: nothing matched.
    Delete { key: Option<Key>, expected: Expected },
    /// A conditional create found its match.
    Existing { key: Key },
    /// It only reads: performed after the commit.
    Later,
}

impl Step {
    /// The resource that the entry stands for: what its fullUrl means from now on.
    pub(super) fn key(&self) -> Option<&Key> {
        match self {
            Step::Put { key, .. } | Step::Patch { key, .. } | Step::Existing { key } => Some(key),
            Step::Delete { key, .. } => key.as_ref(),
            Step::Later => None,
        }
    }

    fn written(&self) -> Option<&Key> {
        match self {
            Step::Existing { .. } => None,
            other => other.key(),
        }
    }
}

/// The plan of a transaction: a step per entry, in the order of the entries given.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) conditions: Conditions,
    checks: Vec<(usize, Check)>,
    deleted: HashSet<Key>,
    /// Conditional creates so far: a second one under the same condition finds the first.
    created: HashMap<(Arc<str>, Condition), Key>,
}

impl Plan {
    /// Settles every entry against the state as it is now.
    pub(super) async fn make(
        permit: &Permit<'_>,
        entries: &[Entry],
        references: &[ConditionalReference],
    ) -> Result<Self, Outcome> {
        let conditions = Conditions::look_up(permit, entries, references).await?;
        let mut plan = Self { conditions, ..Self::default() };
        for (owner, entry) in entries.iter().enumerate() {
            let step = plan.step(permit, owner, entry).map_err(|o| entry.blame(o))?;
            plan.steps.push(step);
        }
        plan.refuse_overlaps(entries)?;
        Ok(plan)
    }

    /// What is read before the commit: what is patched, and what conditional creates found.
    pub(super) fn read(&self) -> Vec<Key> {
        let meant =
            self.steps.iter().filter(|s| matches!(s, Step::Patch { .. } | Step::Existing { .. }));
        let keys: HashSet<&Key> = meant.filter_map(Step::key).collect();
        keys.into_iter().cloned().collect()
    }

    /// What conditional creates found, in the store or in this transaction.
    pub(super) fn existing(&self) -> impl Iterator<Item = &Key> {
        self.steps.iter().filter(|s| matches!(s, Step::Existing { .. })).filter_map(Step::key)
    }

    /// What must still hold at the commit, with the index of the entry that needs it.
    pub(super) fn checks(&self) -> &[(usize, Check)] {
        &self.checks
    }

    fn step(&mut self, permit: &Permit<'_>, owner: usize, entry: &Entry) -> Result<Step, Outcome> {
        match &entry.interaction {
            Interaction::Delete(request) => self.delete(owner, request),
            Interaction::Create(request) => self.create(owner, request),
            Interaction::Update(request) => self.update(owner, request),
            Interaction::Patch(request) => {
                let expected = write::expected(request.if_match.as_deref())?;
                let key = match &request.target {
                    Target::Id(id) => Key::new(request.resource.clone(), id.clone()),
                    Target::Condition(condition) => {
                        let found = self.find(owner, &request.resource, condition)?;
                        patch::the_one(&request.resource, found)?
                    }
                };
                Ok(Step::Patch { key, expected })
            }
            Interaction::Operation { code, .. } => {
                let mut described = permit.operations().iter().map(|o| o.description());
                if described.any(|known| known.code == code && known.affects_state) {
                    return Err(Outcome::new(
                        Kind::NotSupported,
                        format!("${code} changes data: it cannot be part of a transaction."),
                    ));
                }
                Ok(Step::Later)
            }
            _ => Ok(Step::Later),
        }
    }

    fn delete(&mut self, owner: usize, request: &Delete) -> Result<Step, Outcome> {
        let expected = write::expected(request.if_match.as_deref())?;
        let id = match &request.target {
            Target::Id(id) => Some(id.clone()),
            Target::Condition(condition) => {
                match self.find(owner, &request.resource, condition)? {
                    Found::None => None,
                    Found::One(id) => Some(id),
                    Found::Many => return Err(several("Conditional delete")),
                }
            }
        };
        let key = id.map(|id| Key::new(request.resource.clone(), id));
        self.deleted.extend(key.clone());
        Ok(Step::Delete { key, expected })
    }

    fn create(&mut self, owner: usize, request: &Create) -> Result<Step, Outcome> {
        write::check_type(&request.resource, &request.body)?;
        let key = Key::new(request.resource.clone(), write::new_id());
        if let Some(condition) = &request.unless_exists {
            let same = (request.resource.clone(), condition.clone());
            if let Some(key) = self.created.get(&same) {
                return Ok(Step::Existing { key: key.clone() });
            }
            match self.find(owner, &request.resource, condition)? {
                Found::None => {}
                Found::One(id) => {
                    return Ok(Step::Existing { key: Key::new(request.resource.clone(), id) });
                }
                Found::Many => return Err(several("ifNoneExist")),
            }
            self.created.insert(same, key.clone());
        }
        Ok(Step::Put { key, expected: Expected::Absent, is_create: true })
    }

    fn update(&mut self, owner: usize, request: &Update) -> Result<Step, Outcome> {
        write::check_type(&request.resource, &request.body)?;
        update::check_whole(&request.body)?;
        let expected = write::expected(request.if_match.as_deref())?;
        let resource = request.resource.clone();
        let condition = match &request.target {
            Target::Id(id) => {
                let key = Key::new(resource, id.clone());
                update::check_id(&key, &request.body)?;
                return Ok(Step::Put { key, expected, is_create: false });
            }
            Target::Condition(condition) => condition,
        };
        let found = self.find(owner, &resource, condition)?;
        Ok(match update::resolve(&resource, found, &request.body, expected)? {
            Resolved::Create => {
                let key = Key::new(resource.clone(), write::new_id());
                // Another entry makes what this one looks for: both are about one resource.
                if self.created.insert((resource, condition.clone()), key.clone()).is_some() {
                    return Err(Outcome::invalid(
                        "Another entry has the same condition, which nothing matches yet; a \
                         transaction may write each resource once.",
                    ));
                }
                Step::Put { key, expected: Expected::Absent, is_create: true }
            }
            Resolved::Update(id, expected) => {
                Step::Put { key: Key::new(resource, id), expected, is_create: false }
            }
        })
    }

    /// What matches, leaving out what this transaction deletes.
    fn find(
        &mut self,
        owner: usize,
        resource: &Arc<str>,
        condition: &Condition,
    ) -> Result<Found, Outcome> {
        let (found, check) = self.conditions.find(resource, condition)?;
        self.checks.push((owner, check));
        Ok(match found {
            Found::One(id) if self.deleted.contains(&Key::new(resource.clone(), id.clone())) => {
                Found::None
            }
            found => found,
        })
    }

    /// Each resource may be written by one entry alone.
    fn refuse_overlaps(&self, entries: &[Entry]) -> Result<(), Outcome> {
        let mut seen: HashMap<&Key, usize> = HashMap::new();
        for (entry, step) in entries.iter().zip(&self.steps) {
            let Some(key) = step.written() else { continue };
            if let Some(first) = seen.insert(key, entry.index) {
                return Err(entry.blame(Outcome::invalid(format!(
                    "{key} is written by entry {first} too; a transaction may write each resource \
                     once."
                ))));
            }
        }
        Ok(())
    }
}
