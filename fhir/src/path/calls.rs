//! Calls of [functions]: those that look at items one by one are here, with the choice of file
//! for the others.
//!
//! [functions]: http://hl7.org/fhirpath/N1/#functions

use super::ast::{Call, Expr};
use super::eval::{Evaluator, Flow, Scope, Sink};
use super::functions::Function;
use super::item::Item;
use super::{
    PathError, Question, boundary, conversion, encoding, math, navigate, reference, strings, types,
};
use crate::primitive::xhtml;

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn call(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let answer = match call.function {
            Function::Where => return self.filter(call, scope, sink),
            Function::Select => return self.select(call, scope, sink),
            Function::Children => return self.children(call, scope, sink),
            Function::Resolve => {
                return self.each(&call.base, scope, &mut |item| {
                    self.give(reference::resolve(self.env, &item), sink)
                });
            }
            Function::Extension => return self.extension(call, scope, sink),
            Function::First => return self.first(call, scope, sink),
            Function::Iif => return self.iif(call, scope, sink),
            Function::Trace => return self.each(&call.base, scope, sink),
            Function::Type => {
                return self.each(&call.base, scope, &mut |item| {
                    sink(Item::Type(types::type_of(self.env.schema, &item)))
                });
            }
            Function::Exists => self.any(call, scope, true).map(|found| Some(Item::Boolean(found))),
            Function::Empty => self.any(call, scope, true).map(|found| Some(Item::Boolean(!found))),
            Function::All => self.any(call, scope, false).map(|found| Some(Item::Boolean(!found))),
            Function::Count => self.count(call, scope),
            Function::Not => {
                let truth = self.truth(&call.base, scope)?;
                Ok(truth.map(|is_true| Item::Boolean(!is_true)))
            }
            Function::HasValue => self.has_value(call, scope),
            Function::GetValue => self
                .value(&call.base, scope)
                .map(|value| value.filter(|value| !matches!(value, Item::Node(_)))),
            Function::HtmlChecks => self.value(&call.base, scope).map(|value| {
                let text = value.as_ref().and_then(Item::to_text)?;
                Some(Item::Boolean(xhtml::check(&text).is_ok()))
            }),
            Function::Now | Function::Today | Function::TimeOfDay => self.clock(call.function),
            Function::ConformsTo | Function::MemberOf => self.ask(call, scope),
            Function::Subsumes
            | Function::SubsumedBy
            | Function::ElementDefinition
            | Function::Slice => {
                let message = format!("{}() is not supported here", call.function.name());
                Err(PathError::not_supported(message))
            }
            _ => return self.other(call, scope, sink).map_err(|error| error.or_at(call.offset)),
        };
        self.give(answer.map_err(|error| error.or_at(call.offset))?, sink)
    }

    fn other(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        if self.is_of_collections(call.function) {
            let items = self.of_collection(call, scope)?;
            return self.give(items, sink);
        }
        let Some(input) = self.value(&call.base, scope)? else { return Ok(Flow::More) };
        let arguments = Arguments { evaluator: self, call, scope };
        if let Some(items) = strings::several(&input, &arguments)? {
            return self.give(items, sink);
        }
        let answer = match call.function {
            Function::ToBoolean
            | Function::ToInteger
            | Function::ToDecimal
            | Function::ToString
            | Function::ToDate
            | Function::ToDateTime
            | Function::ToTime
            | Function::ToQuantity
            | Function::ConvertsToBoolean
            | Function::ConvertsToInteger
            | Function::ConvertsToDecimal
            | Function::ConvertsToString
            | Function::ConvertsToDate
            | Function::ConvertsToDateTime
            | Function::ConvertsToTime
            | Function::ConvertsToQuantity => conversion::apply(input, &arguments)?,
            Function::LowBoundary
            | Function::HighBoundary
            | Function::Precision
            | Function::Comparable => boundary::apply(&input, &arguments)?,
            Function::Encode | Function::Decode | Function::Escape | Function::Unescape => {
                encoding::apply(&input, &arguments)?
            }
            Function::Abs
            | Function::Ceiling
            | Function::Exp
            | Function::Floor
            | Function::Ln
            | Function::Log
            | Function::Power
            | Function::Round
            | Function::Sqrt
            | Function::Truncate => math::apply(&input, &arguments)?,
            _ => strings::apply(&input, &arguments)?,
        };
        self.give(answer, sink)
    }

    fn filter(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let mut index = -1;
        self.each(&call.base, scope, &mut |item| {
            index += 1;
            match self.truth(&call.arguments[0], &scope.of(&item, index))? {
                Some(true) => sink(item),
                _ => Ok(Flow::More),
            }
        })
    }

    fn select(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let mut index = -1;
        self.each(&call.base, scope, &mut |item| {
            index += 1;
            self.each(&call.arguments[0], &scope.of(&item, index), sink)
        })
    }

    /// Is there an item whose criterion, if the call has one, is `wanted`? For `all` that is an
    /// item whose criterion is not true.
    fn any(&self, call: &'a Call, scope: &Scope<'_, 'a>, wanted: bool) -> Result<bool, PathError> {
        let mut index = -1;
        let flow = self.each(&call.base, scope, &mut |item| {
            index += 1;
            let Some(criterion) = call.arguments.first() else { return Ok(Flow::Enough) };
            let truth = self.truth(criterion, &scope.of(&item, index))? == Some(true);
            Ok(if truth == wanted { Flow::Enough } else { Flow::More })
        })?;
        Ok(flow == Flow::Enough)
    }

    fn count(&self, call: &'a Call, scope: &Scope<'_, 'a>) -> Result<Option<Item<'a>>, PathError> {
        let mut count = 0;
        self.each(&call.base, scope, &mut |_| {
            count += 1;
            Ok(Flow::More)
        })?;
        Ok(Some(Item::Integer(count)))
    }

    fn first(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let mut flow = Flow::More;
        self.each(&call.base, scope, &mut |item| {
            flow = sink(item)?;
            Ok(Flow::Enough)
        })?;
        Ok(flow)
    }

    fn children(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        self.each(&call.base, scope, &mut |item| match item {
            Item::Node(node) => {
                self.burn(1)?;
                navigate::children(self.env.schema, node, sink)
            }
            _ => Ok(Flow::More),
        })
    }

    /// Short for `extension.where(url = …)`.
    fn extension(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let Some(Item::String(url)) = self.value(&call.arguments[0], scope)? else {
            return Ok(Flow::More);
        };
        self.each(&call.base, scope, &mut |item| {
            let Item::Node(node) = item else { return Ok(Flow::More) };
            navigate::named(self.env.schema, node, "extension", &mut |extension| {
                self.burn(1)?;
                let value = extension.as_node().and_then(|node| node.value);
                match value.and_then(|value| value.str("url")) {
                    Some(found) if found == url => sink(extension),
                    _ => Ok(Flow::More),
                }
            })
        })
    }

    fn iif(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
        sink: &mut Sink<'_, 'a>,
    ) -> Result<Flow, PathError> {
        let input = self.one(&call.base, scope)?;
        // At the start of an expression the input is `$this`, with its index.
        let inner = match (&call.base, &input) {
            (Expr::This, _) | (_, None) => *scope,
            (_, Some(input)) => Scope { this: Some(input), ..*scope },
        };
        let criterion = self.one(&call.arguments[0], &inner)?;
        let is_boolean = criterion.as_ref().is_none_or(|item| {
            matches!(types::system(self.env.schema, item.clone()), Some(Item::Boolean(_)))
        });
        if self.env.is_strict && !is_boolean {
            return Err(PathError::execution("the criterion of iif() is a boolean"));
        }
        match criterion.map(|item| self.is_true(&item)) {
            Some(true) => self.each(&call.arguments[1], &inner, sink),
            _ => match call.arguments.get(2) {
                Some(otherwise) => self.each(otherwise, &inner, sink),
                None => Ok(Flow::More),
            },
        }
    }

    fn has_value(
        &self,
        call: &'a Call,
        scope: &Scope<'_, 'a>,
    ) -> Result<Option<Item<'a>>, PathError> {
        let mut values = 0;
        let mut items = 0;
        self.each(&call.base, scope, &mut |item| {
            items += 1;
            let value = types::system(self.env.schema, item);
            values += usize::from(!matches!(value, None | Some(Item::Node(_))));
            Ok(Flow::More)
        })?;
        Ok(Some(Item::Boolean(items == 1 && values == 1)))
    }

    /// What only definitions can answer.
    fn ask(&self, call: &'a Call, scope: &Scope<'_, 'a>) -> Result<Option<Item<'a>>, PathError> {
        let Some(item) = self.one(&call.base, scope)? else { return Ok(None) };
        let arguments = Arguments { evaluator: self, call, scope };
        let Some(url) = arguments.text(0)? else { return Ok(None) };
        let question = match call.function {
            Function::ConformsTo => Question::ConformsTo(&url),
            _ => Question::MemberOf(&url),
        };
        let name = call.function.name();
        let Some(answer) = self.env.answer else {
            return Err(PathError::not_supported(format!("{name}() is not supported here")));
        };
        match answer(question, &item) {
            Some(is_true) => Ok(Some(Item::Boolean(is_true))),
            None => Err(PathError::execution(format!("{name}(): {url} is not known"))),
        }
    }

    fn clock(&self, function: Function) -> Result<Option<Item<'a>>, PathError> {
        let Some(now) = self.env.now else {
            let message = format!("{}() needs a clock, which was not given", function.name());
            return Err(PathError::not_supported(message));
        };
        Ok(match function {
            Function::Now => Some(Item::DateTime(now)),
            Function::Today => Some(Item::Date(conversion::date_of(&now))),
            _ => now.time.map(Item::Time),
        })
    }
}

/// The arguments of a call, evaluated when they are asked for: on `$this` of the surrounding
/// scope, not on the input.
pub(super) struct Arguments<'c, 'e, 's, 'a> {
    pub(super) evaluator: &'c Evaluator<'e, 'a>,
    pub(super) call: &'a Call,
    pub(super) scope: &'c Scope<'s, 'a>,
}

impl<'a> Arguments<'_, '_, '_, 'a> {
    /// The function called.
    pub(super) fn function(&self) -> Function {
        self.call.function
    }

    /// The value of an argument; `None` when it is empty or not given.
    pub(super) fn value(&self, index: usize) -> Result<Option<Item<'a>>, PathError> {
        match self.call.arguments.get(index) {
            Some(argument) => self.evaluator.value(argument, self.scope),
            None => Ok(None),
        }
    }

    /// Was the argument given, even if it is empty?
    pub(super) fn has(&self, index: usize) -> bool {
        self.call.arguments.len() > index
    }

    /// An integer argument.
    pub(super) fn integer(&self, index: usize) -> Result<Option<i64>, PathError> {
        match self.value(index)? {
            None => Ok(None),
            Some(Item::Integer(number)) => Ok(Some(number)),
            Some(_) => Err(self.wrong(index, "an integer")),
        }
    }

    /// A string argument.
    pub(super) fn text(
        &self,
        index: usize,
    ) -> Result<Option<std::borrow::Cow<'a, str>>, PathError> {
        match self.value(index)? {
            None => Ok(None),
            Some(Item::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(index, "a string")),
        }
    }

    fn wrong(&self, index: usize, right: &str) -> PathError {
        let name = self.function().name();
        PathError::execution(format!("argument {} of {name}() is {right}", index + 1))
    }

    /// An error about the input.
    pub(super) fn wrong_input(&self, input: &Item<'_>, right: &str) -> PathError {
        let found = input.type_name(self.evaluator.env.schema);
        let name = self.function().name();
        PathError::execution(format!("{name}() is called on {right}, not on {found}"))
    }
}
