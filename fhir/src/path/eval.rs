//! Evaluation: an expression gives its items one by one to a sink.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::ast::{Expr, Literal, TypeName};
use super::item::{Item, TypeInfo};
use super::quantity::Quantity;
use super::{Environment, PathError, navigate, strict, types};

/// Bytes of a text that may be made for one step of fuel, which also bounds the memory of texts
/// that grow at every step.
pub(super) const BYTES_PER_STEP: u64 = 16;

/// Whether the sink wants further items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Go on.
    More,
    /// Further items would not be looked at.
    Enough,
}

/// Takes the items of a collection in their order.
pub(super) type Sink<'s, 'a> = dyn FnMut(Item<'a>) -> Result<Flow, PathError> + 's;

/// One evaluation.
pub(super) struct Evaluator<'e, 'a> {
    pub(super) env: &'e Environment<'a>,
    focus: &'e Item<'a>,
    fuel: Cell<u64>,
    /// What [`Expr::Once`] gave, by its number.
    once: RefCell<Vec<(u16, Rc<[Item<'a>]>)>>,
}

/// What `$this`, `$index` and `$total` are.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'a> {
    pub(super) this: Option<&'s Item<'a>>,
    pub(super) index: Option<i64>,
    pub(super) total: &'s [Item<'a>],
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The scope of a function's argument for one item of its input.
    pub(super) fn of(&self, this: &'s Item<'a>, index: i64) -> Scope<'s, 'a> {
        Scope { this: Some(this), index: Some(index), total: self.total }
    }
}

impl<'e, 'a> Evaluator<'e, 'a> {
    pub(super) fn new(env: &'e Environment<'a>, focus: &'e Item<'a>) -> Self {
        Self { env, focus, fuel: Cell::new(env.fuel), once: RefCell::default() }
    }

    pub(super) fn scope(&self) -> Scope<'e, 'a> {
        Scope { this: Some(self.focus), index: None, total: &[] }
    }

    /// Counts `steps`.
    pub(super) fn burn(&self, steps: u64) -> Result<(), PathError> {
        let left = self.fuel.get().checked_sub(steps).ok_or_else(PathError::fuel)?;
        self.fuel.set(left);
        Ok(())
    }

    /// Gives each item of the expression's collection to the sink.
    pub(super) fn each(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        self.burn(1)?;
        match expr {
            Expr::Empty => Ok(Flow::More),
            Expr::This => scope.this.map_or(Ok(Flow::More), |this| sink(this.clone())),
            Expr::Index => scope.index.map_or(Ok(Flow::More), |index| sink(Item::Integer(index))),
            Expr::Total => {
                self.burn(scope.total.len() as u64)?;
                self.give(scope.total.iter().cloned(), sink)
            }
            Expr::Literal(literal) => sink(item(literal)),
            Expr::Variable(name) => self.variable(name, sink),
            Expr::Name(name) => self.name(name, scope, sink),
            Expr::Child(base, name) => {
                let is_strict = self.env.is_strict && !strict::is_mixed(base);
                if is_strict {
                    self.check_child(base, name)?;
                }
                self.each(base, scope, &mut |item| self.child(&item, name, is_strict, sink))
            }
            Expr::At(base, index) => self.at(base, index, scope, sink),
            Expr::Is(base, named) => match self.one(base, scope)? {
                Some(item) => sink(Item::Boolean(types::is(self.env.schema, &item, named)?)),
                None => Ok(Flow::More),
            },
            Expr::As(base, named) => {
                if self.env.is_strict {
                    self.one(base, scope)?;
                }
                self.cast(base, named, scope, sink)
            }
            Expr::OfType(base, named) => self.cast(base, named, scope, sink),
            Expr::Polarity { is_minus, operand } => {
                let operand = self.value(operand, scope)?;
                self.give(operand.map(|item| polarity(item, *is_minus)).transpose()?, sink)
            }
            Expr::Binary(operator, left, right) => {
                let result = self.binary(*operator, left, right, scope)?;
                self.give(result, sink)
            }
            Expr::Union(parts) => {
                let mut all = Vec::new();
                for part in parts {
                    self.collect_into(part, scope, &mut all)?;
                }
                self.give(self.distinct(all)?, sink)
            }
            Expr::Once(number, inner) => {
                let items = self.once(*number, inner, scope)?;
                self.burn(items.len() as u64)?;
                self.give(items.iter().cloned(), sink)
            }
            Expr::Call(call) => {
                if self.env.is_strict {
                    self.check_order(call)?;
                }
                self.call(call, scope, sink)
            }
        }
    }

    fn cast(
        &self,
        base: &'a Expr,
        named: &TypeName,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        self.each(base, scope, &mut |item| match types::is_cast(self.env.schema, &item, named)? {
            true => sink(item),
            false => Ok(Flow::More),
        })
    }

    /// The items of a part that is evaluated once.
    fn once(
        &self,
        number: u16,
        inner: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Rc<[Item<'a>]>, PathError> {
        let known = self.once.borrow().iter().find(|one| one.0 == number).cloned();
        if let Some((_, items)) = known {
            return Ok(items);
        }
        let items: Rc<[Item<'a>]> = Rc::from(self.collect(inner, scope)?);
        self.once.borrow_mut().push((number, Rc::clone(&items)));
        Ok(items)
    }

    /// Gives these items to the sink.
    pub(super) fn give(
        &self,
        items: impl IntoIterator<Item = Item<'a>>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        for item in items {
            if sink(item)? == Flow::Enough {
                return Ok(Flow::Enough);
            }
        }
        Ok(Flow::More)
    }

    /// The whole collection.
    pub(super) fn collect(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Vec<Item<'a>>, PathError> {
        let mut items = Vec::new();
        self.collect_into(expr, scope, &mut items)?;
        Ok(items)
    }

    fn collect_into(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
        items: &mut Vec<Item<'a>>,
    ) -> Result<(), PathError> {
        self.each(expr, scope, &mut |item| {
            items.push(item);
            Ok(Flow::More)
        })?;
        Ok(())
    }

    /// The only item, if there is one.
    pub(super) fn one(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<Item<'a>>, PathError> {
        let mut found = None;
        self.each(expr, scope, &mut |item| match found.replace(item) {
            None => Ok(Flow::More),
            Some(_) => Err(PathError::execution("expected one item at most, found several")),
        })?;
        Ok(found)
    }

    /// The only item as a System value; an element without a value counts as none.
    pub(super) fn value(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<Item<'a>>, PathError> {
        Ok(self.one(expr, scope)?.and_then(|item| types::system(self.env.schema, item)))
    }

    /// The collection as a boolean: empty is `None`, a single item that is no boolean is true.
    pub(super) fn truth(
        &self,
        expr: &'a Expr,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<bool>, PathError> {
        Ok(self.one(expr, scope)?.map(|item| self.is_true(&item)))
    }

    /// A single item as a boolean.
    pub(super) fn is_true(&self, item: &Item<'a>) -> bool {
        match item {
            Item::Boolean(is_true) => *is_true,
            Item::Node(node) => node.value.and_then(|value| value.as_bool()).unwrap_or(true),
            _ => true,
        }
    }

    fn variable(&self, name: &'a str, sink: &mut Sink<'_, 'a>) -> Result<Flow, PathError> {
        let mut flow = Flow::More;
        self.env.variable(name, self.focus, &mut |item| {
            if flow == Flow::More {
                self.burn(1)?;
                flow = sink(item)?;
            }
            Ok(())
        })?;
        Ok(flow)
    }

    /// A name at the start: `$this` itself where it has this type, else its child.
    fn name(
        &self,
        name: &str,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let Some(this) = scope.this else { return Ok(Flow::More) };
        let is_type = name.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
        match this {
            Item::Node(node) if is_type => {
                if types::is_named(self.env.schema, node.type_id, name) {
                    return sink(this.clone());
                }
                if self.env.is_strict {
                    let found = this.type_name(self.env.schema);
                    let message = format!("the focus is a {found}, not a {name}");
                    return Err(PathError::execution(message));
                }
                Ok(Flow::More)
            }
            _ => self.child(this, name, self.env.is_strict, sink),
        }
    }

    fn child(
        &self,
        item: &Item<'a>,
        name: &str,
        is_strict: bool,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        self.burn(1)?;
        let schema = self.env.schema;
        match item {
            Item::Node(node) if name == "value" && node.is_primitive(schema) => {
                self.give(types::system(schema, item.clone()), sink)
            }
            Item::Node(node) => {
                if is_strict && !navigate::has_property(schema, node.type_id, name) {
                    let parent = item.type_name(schema);
                    return Err(PathError::execution(format!("{parent} has no element {name}")));
                }
                navigate::named(schema, *node, name, sink)
            }
            Item::Type(info) => self.give(type_child(*info, name), sink),
            Item::Quantity(quantity) => self.give(quantity_child(quantity, name), sink),
            _ if is_strict => {
                let parent = item.type_name(schema);
                Err(PathError::execution(format!("{parent} has no element {name}")))
            }
            _ => Ok(Flow::More),
        }
    }

    fn at(
        &self,
        base: &'a Expr,
        index: &'a Expr,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let index = match self.value(index, scope)? {
            Some(Item::Integer(index)) => index,
            None => return Ok(Flow::More),
            Some(_) => return Err(PathError::execution("an index in [ ] is an integer")),
        };
        let mut at = 0;
        let mut flow = Flow::More;
        self.each(base, scope, &mut |item| {
            at += 1;
            if at <= index {
                return Ok(Flow::More);
            }
            if index >= 0 {
                flow = sink(item)?;
            }
            Ok(Flow::Enough)
        })?;
        Ok(flow)
    }
}

fn item(literal: &Literal) -> Item<'_> {
    match literal {
        Literal::Boolean(is_true) => Item::Boolean(*is_true),
        Literal::String(text) => Item::text(&**text),
        Literal::Integer(number) => Item::Integer(*number),
        Literal::Decimal(number) => Item::Decimal(*number),
        Literal::Date(date) => Item::Date(*date),
        Literal::DateTime(date_time) => Item::DateTime(*date_time),
        Literal::Time(time) => Item::Time(*time),
        Literal::Quantity(value, unit) => {
            Item::Quantity(Quantity { value: *value, unit: unit.clone() })
        }
    }
}

fn type_child<'a>(info: TypeInfo<'a>, name: &str) -> Option<Item<'a>> {
    match name {
        "namespace" => Some(Item::text(info.namespace)),
        "name" => Some(Item::text(info.name)),
        "baseType" => Some(Item::text(format!("{}.{}", info.namespace, info.base?))),
        _ => None,
    }
}

fn quantity_child<'a>(quantity: &Quantity<'a>, name: &str) -> Option<Item<'a>> {
    match name {
        "value" => Some(Item::Decimal(quantity.value)),
        "unit" => Some(Item::text(quantity.unit.text())),
        _ => None,
    }
}

fn polarity(item: Item<'_>, is_minus: bool) -> Result<Item<'_>, PathError> {
    Ok(match item {
        Item::Integer(number) if is_minus => Item::Integer(number.saturating_neg()),
        Item::Decimal(number) if is_minus => Item::Decimal(-number),
        Item::Quantity(quantity) if is_minus => {
            Item::Quantity(Quantity { value: -quantity.value, unit: quantity.unit })
        }
        Item::Integer(_) | Item::Decimal(_) | Item::Quantity(_) => item,
        _ => return Err(PathError::execution("only a number or quantity has a sign")),
    })
}
