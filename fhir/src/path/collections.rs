//! Functions of whole collections: [existence], [subsetting], [combining], and those that repeat.
//!
//! [existence]: http://hl7.org/fhirpath/N1/#existence
//! [subsetting]: http://hl7.org/fhirpath/N1/#subsetting
//! [combining]: http://hl7.org/fhirpath/N1/#combining

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::VecDeque;

use super::ast::{Call, Expr};
use super::calls::Arguments;
use super::equality::Seen;
use super::eval::{BYTES_PER_STEP, Evaluator, Flow, Scope};
use super::functions::Function;
use super::item::Item;
use super::{PathError, navigate, order, types};

type Items<'a> = Vec<Item<'a>>;

impl<'a> Evaluator<'_, 'a> {
    /// Does [`Evaluator::of_collection`] know the function?
    pub(super) fn is_of_collections(&self, function: Function) -> bool {
        matches!(
            function,
            Function::AllTrue
                | Function::AnyTrue
                | Function::AllFalse
                | Function::AnyFalse
                | Function::SubsetOf
                | Function::SupersetOf
                | Function::Distinct
                | Function::IsDistinct
                | Function::Repeat
                | Function::Single
                | Function::Last
                | Function::Tail
                | Function::Skip
                | Function::Take
                | Function::Intersect
                | Function::Exclude
                | Function::Union
                | Function::Combine
                | Function::Sort
                | Function::Aggregate
                | Function::Descendants
                | Function::CheckModifiers
                | Function::Join
        )
    }

    pub(super) fn of_collection(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let input = self.collect(&call.base, scope)?;
        let arguments = Arguments { evaluator: self, call, scope };
        let other = || self.collect(&call.arguments[0], scope);
        let boolean = |is_true: bool| Ok(vec![Item::Boolean(is_true)]);
        match call.function {
            Function::AllTrue => boolean(self.booleans(&input, call)?.all(|one| one)),
            Function::AnyTrue => boolean(self.booleans(&input, call)?.any(|one| one)),
            Function::AllFalse => boolean(self.booleans(&input, call)?.all(|one| !one)),
            Function::AnyFalse => boolean(self.booleans(&input, call)?.any(|one| !one)),
            Function::SubsetOf => boolean(self.is_subset(&input, other()?)?),
            Function::SupersetOf => boolean(self.is_subset(&other()?, input)?),
            Function::Distinct => self.distinct(input),
            Function::IsDistinct => {
                let count = input.len();
                boolean(self.distinct(input)?.len() == count)
            }
            Function::Repeat => self.repeat(input, &call.arguments[0], scope),
            Function::Single => match input.len() {
                0 | 1 => Ok(input),
                count => Err(PathError::execution(format!("single() found {count} items"))),
            },
            Function::Last => Ok(input.into_iter().next_back().into_iter().collect()),
            Function::Tail => Ok(input.into_iter().skip(1).collect()),
            Function::Skip => match arguments.integer(0)? {
                Some(count) => Ok(input.into_iter().skip(clamp(count)).collect()),
                None => Ok(Vec::new()),
            },
            Function::Take => match arguments.integer(0)? {
                Some(count) => Ok(input.into_iter().take(clamp(count)).collect()),
                None => Ok(Vec::new()),
            },
            Function::Intersect => {
                let kept = self.kept(input, other()?, true)?;
                self.distinct(kept)
            }
            Function::Exclude => self.kept(input, other()?, false),
            Function::Union => self.distinct(input.into_iter().chain(other()?).collect()),
            Function::Combine => Ok(input.into_iter().chain(other()?).collect()),
            Function::Sort => self.sorted(input, &call.arguments, scope),
            Function::Aggregate => self.aggregate(input, call, scope),
            Function::Descendants => self.descendants(input),
            Function::CheckModifiers => self.check_modifiers(input, &arguments),
            _ => self.join(&input, &arguments),
        }
    }

    fn booleans(
        &self,
        items: &[Item<'a>],
        call: &Call,
    ) -> Result<impl Iterator<Item = bool>, PathError> {
        let mut booleans = Vec::with_capacity(items.len());
        for item in items {
            match types::system(self.env.schema, item.clone()) {
                Some(Item::Boolean(is_true)) => booleans.push(is_true),
                _ => {
                    let message = format!("{}() is called on booleans", call.function.name());
                    return Err(PathError::execution(message));
                }
            }
        }
        Ok(booleans.into_iter())
    }

    fn seen(&self, items: Items<'a>) -> Result<Seen<'a>, PathError> {
        let mut seen = Seen::default();
        for item in items {
            seen.add(self, &item)?;
        }
        Ok(seen)
    }

    fn is_subset(&self, inner: &[Item<'a>], outer: Items<'a>) -> Result<bool, PathError> {
        let outer = self.seen(outer)?;
        for item in inner {
            if !outer.has(self, item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The items that are in the other collection, or those that are not.
    fn kept(
        &self,
        items: Items<'a>,
        other: Items<'a>,
        is_in: bool,
    ) -> Result<Items<'a>, PathError> {
        let other = self.seen(other)?;
        let mut kept = Vec::new();
        for item in items {
            if other.has(self, &item)? == is_in {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    /// What the projection gives for the items, for what it gave, and so on, each item once.
    fn repeat(
        &self,
        items: Items<'a>,
        projection: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let mut seen = Seen::default();
        let mut found = Vec::new();
        let mut queue = VecDeque::from(items);
        while let Some(item) = queue.pop_front() {
            self.each(projection, &scope.of(&item, 0), &mut |next| {
                if seen.add(self, &next)? {
                    found.push(next.clone());
                    queue.push_back(next);
                }
                Ok(Flow::More)
            })?;
        }
        Ok(found)
    }

    /// All elements below, each before its children.
    fn descendants(&self, items: Items<'a>) -> Result<Items<'a>, PathError> {
        let mut found = Vec::new();
        let mut stack: Items<'a> = items.into_iter().rev().collect();
        let mut roots = stack.len();
        while let Some(item) = stack.pop() {
            let Item::Node(node) = item else { continue };
            // The input itself is not its own descendant.
            if stack.len() < roots {
                roots = stack.len();
            } else {
                found.push(Item::Node(node));
            }
            let at = stack.len();
            navigate::children(self.env.schema, node, &mut |child| {
                self.burn(1)?;
                stack.push(child);
                Ok(Flow::More)
            })?;
            stack[at..].reverse();
        }
        Ok(found)
    }

    fn aggregate(
        &self,
        items: Items<'a>,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let mut total = match call.arguments.get(1) {
            Some(start) => self.collect(start, scope)?,
            None => Vec::new(),
        };
        for (index, item) in (0..).zip(&items) {
            let inner = Scope { this: Some(item), index: Some(index), total: &total };
            total = self.collect(&call.arguments[0], &inner)?;
        }
        Ok(total)
    }

    /// By the keys in their turn; a key with a minus before it sorts descending; empty comes
    /// first in either direction.
    fn sorted(
        &self,
        items: Items<'a>,
        keys: &'a [Expr],
        scope: &Scope<'_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let directions: Vec<(&Expr, bool)> = keys
            .iter()
            .map(|key| match key {
                Expr::Polarity { is_minus: true, operand } => (&**operand, true),
                _ => (key, false),
            })
            .collect();
        let mut rows = Vec::with_capacity(items.len());
        for (index, item) in (0..).zip(items) {
            let mut row = Vec::new();
            if keys.is_empty() {
                row.push(types::system(self.env.schema, item.clone()));
            }
            for (key, _) in &directions {
                row.push(self.value(key, &scope.of(&item, index))?);
            }
            rows.push((row, item));
        }
        self.burn(rows.len() as u64)?;
        rows.sort_by(|(left, _), (right, _)| {
            let keys = left.iter().zip(right).enumerate();
            keys.fold(Ordering::Equal, |found, (at, (left, right))| {
                let is_descending = directions.get(at).is_some_and(|direction| direction.1);
                found.then_with(|| by_key(left.as_ref(), right.as_ref(), is_descending))
            })
        });
        Ok(rows.into_iter().map(|(_, item)| item).collect())
    }

    fn check_modifiers(
        &self,
        items: Items<'a>,
        arguments: &Arguments<'_, '_, '_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let mut known = Vec::new();
        for index in 0..arguments.call.arguments.len() {
            known.extend(arguments.text(index)?);
        }
        for node in items.iter().filter_map(Item::as_node) {
            let extensions = node.value.into_iter().flat_map(|one| one.list("modifierExtension"));
            for url in extensions.filter_map(|extension| extension.str("url")) {
                if !known.contains(&url) {
                    let message = format!("modifier extension {url} is not understood");
                    return Err(PathError::execution(message));
                }
            }
        }
        Ok(items)
    }

    fn join(
        &self,
        items: &[Item<'a>],
        arguments: &Arguments<'_, '_, '_, 'a>,
    ) -> Result<Items<'a>, PathError> {
        let separator = arguments.text(0)?.unwrap_or_default();
        let mut texts: Vec<Cow<'a, str>> = Vec::with_capacity(items.len());
        for item in items {
            match types::system(self.env.schema, item.clone()) {
                Some(Item::String(text)) => texts.push(text),
                None => {}
                Some(other) => return Err(arguments.wrong_input(&other, "strings")),
            }
        }
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = texts.iter().map(|text| text.len() + separator.len()).sum::<usize>();
        self.burn(bytes as u64 / BYTES_PER_STEP)?;
        Ok(vec![Item::text(texts.join(&*separator))])
    }
}

fn by_key(left: Option<&Item<'_>>, right: Option<&Item<'_>>, is_descending: bool) -> Ordering {
    let (Some(left), Some(right)) = (left, right) else {
        return left.is_some().cmp(&right.is_some());
    };
    let order = order::compare(left, right).flatten().unwrap_or(Ordering::Equal);
    if is_descending { order.reverse() } else { order }
}

fn clamp(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}
