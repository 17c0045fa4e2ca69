//! [JSON Pointer]: a place in a document.
//!
//! [JSON Pointer]: https://www.rfc-editor.org/rfc/rfc6901

use std::fmt;

use crate::json::Tree;

/// A parsed pointer: property names and array indexes, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer {
    steps: Vec<String>,
}

/// Why a pointer leads nowhere, in words.
type Missing = String;

impl Pointer {
    /// `None` for what is no pointer.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self { steps: Vec::new() });
        }
        let steps = text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<_>>()?;
        Some(Self { steps })
    }

    /// Number of steps.
    pub(super) fn length(&self) -> usize {
        self.steps.len()
    }

    /// Does `self` lead to a place inside the one that `outer` leads to?
    pub(super) fn is_inside(&self, outer: &Self) -> bool {
        self.steps.len() > outer.steps.len() && self.steps.starts_with(&outer.steps)
    }

    /// The value there.
    pub(super) fn get<'t>(&self, tree: &'t Tree) -> Result<&'t Tree, Missing> {
        self.steps.iter().enumerate().try_fold(tree, |at, (index, step)| match at {
            Tree::Array(items) => Ok(&items[self.existing(index, items.len())?]),
            _ => at.get(step).ok_or_else(|| self.missing(index)),
        })
    }

    /// The value there, to be changed.
    pub(super) fn get_mut<'t>(&self, tree: &'t mut Tree) -> Result<&'t mut Tree, Missing> {
        self.walk_mut(tree, self.steps.len())
    }

    /// Puts a value there: into an object under its name, into an array before what stands there,
    /// or with `-` at its end.
    pub(super) fn insert(&self, tree: &mut Tree, value: Tree) -> Result<(), Missing> {
        let Some((step, last)) = self.last() else {
            *tree = value;
            return Ok(());
        };
        match self.walk_mut(tree, last)? {
            Tree::Array(items) => {
                let index =
                    if step == "-" { items.len() } else { self.existing(last, items.len() + 1)? };
                items.insert(index, value);
                Ok(())
            }
            object @ Tree::Object(_) => {
                object.set(step, value);
                Ok(())
            }
            _ => Err(self.missing(last)),
        }
    }

    /// Takes the value out that stands there; the whole document cannot be taken out.
    pub(super) fn remove(&self, tree: &mut Tree) -> Result<Tree, Missing> {
        let Some((step, last)) = self.last() else {
            return Err("the whole document cannot be taken out; delete the resource".to_owned());
        };
        match self.walk_mut(tree, last)? {
            Tree::Array(items) => {
                let index = self.existing(last, items.len())?;
                Ok(items.remove(index))
            }
            object => object.remove(step).ok_or_else(|| self.missing(last)),
        }
    }

    fn last(&self) -> Option<(&str, usize)> {
        self.steps.last().map(|step| (step.as_str(), self.steps.len() - 1))
    }

    fn walk_mut<'t>(&self, tree: &'t mut Tree, count: usize) -> Result<&'t mut Tree, Missing> {
        self.steps[..count].iter().enumerate().try_fold(tree, |at, (index, step)| match at {
            Tree::Array(items) => {
                let item = self.existing(index, items.len())?;
                Ok(&mut items[item])
            }
            _ => at.get_mut(step).ok_or_else(|| self.missing(index)),
        })
    }

    /// The array index that a step names, which must be less than `length`.
    fn existing(&self, index: usize, length: usize) -> Result<usize, Missing> {
        let step = &self.steps[index];
        let is_index = step == "0"
            || (!step.starts_with('0')
                && !step.is_empty()
                && step.bytes().all(|byte| byte.is_ascii_digit()));
        if !is_index {
            let place = self.up_to(index);
            return Err(format!(
                "\"{place}\" is in an array; an index without leading zeros should stand"
            ));
        }
        step.parse().ok().filter(|&at| at < length).ok_or_else(|| self.missing(index))
    }

    fn missing(&self, index: usize) -> Missing {
        format!("\"{}\" does not exist", self.up_to(index))
    }

    fn up_to(&self, index: usize) -> Self {
        Self { steps: self.steps[..=index].to_vec() }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps
            .iter()
            .try_for_each(|step| write!(f, "/{}", step.replace('~', "~0").replace('/', "~1")))
    }
}

fn unescape(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = match part.strip_prefix('0') {
            Some(rest) => ('~', rest),
            None => ('/', part.strip_prefix('1')?),
        };
        out.push(escaped);
        out.push_str(rest);
    }
    Some(out)
}
