//! What is refused though its types fit: literals that cannot be read, mixed literals, format
//! strings whose clauses do not fit (`cel/validator.go`, `ext/formatting.go` of cel-go).

use crate::call::{Argument, interpolate, refusal};
use crate::check::{Checked, Reference};
use crate::kind::Type;
use crate::plan::regex;
use crate::problem::Fault;
use crate::syntax::{Call, Element, Entry, Expression, Kind, Literal};
use crate::time::{Span, Time};

/// All faults, in the order of the text's tree.
pub(crate) fn validate(checked: &Checked) -> Vec<Fault> {
    let mut validator = Validator { checked, faults: Vec::new() };
    validator.visit(&checked.root, false);
    validator.faults
}

struct Validator<'a> {
    checked: &'a Checked,
    faults: Vec<Fault>,
}

impl<'a> Validator<'a> {
    /// In the arguments of `format` lists and maps may be mixed.
    fn visit(&mut self, expression: &'a Expression, mut may_mix: bool) {
        match &expression.kind {
            Kind::Call(call) => {
                self.literal(call);
                self.format(expression, call);
                may_mix |= &*call.function == "format";
            }
            Kind::List(elements) if !may_mix => {
                self.same(
                    elements.iter().map(|Element { value, is_optional }| (value, *is_optional)),
                );
            }
            Kind::Map(entries) if !may_mix => {
                self.same(entries.iter().map(|Entry { key, .. }| (key, false)));
                let value = |entry: &'a Entry| (&entry.value, entry.is_optional);
                self.same(entries.iter().map(value));
            }
            _ => {}
        }
        let mut parts = Vec::new();
        expression.kind.visit(&mut |part| parts.push(part));
        for part in parts {
            self.visit(part, may_mix);
        }
    }

    fn same(&mut self, items: impl Iterator<Item = (&'a Expression, bool)>) {
        let mut first: Option<&Type> = None;
        for (item, is_optional) in items {
            let mut kind = self.checked.type_of(item);
            if is_optional {
                kind = kind.unwrap_optional().unwrap_or(kind);
            }
            match first {
                None => first = Some(kind),
                Some(first) if !first.is_equivalent(kind) => {
                    let reason = format!("expected type '{first}' but found '{kind}'");
                    self.faults.push(Fault::new(item.offset, reason));
                    return;
                }
                Some(_) => {}
            }
        }
    }

    fn literal(&mut self, call: &Call) {
        let Some(Expression { kind: Kind::Literal(literal), offset, .. }) = call.arguments.first()
        else {
            return;
        };
        let is_valid = match (&*call.function, literal) {
            ("duration", Literal::String(text)) => Span::parse(text).is_some(),
            ("timestamp", Literal::String(text)) => {
                matches!(Time::parse(text), Some(Ok(_)))
            }
            ("timestamp", Literal::Int(seconds)) => Time::from_seconds(*seconds).is_ok(),
            ("matches", Literal::String(pattern)) => regex(pattern).is_ok(),
            _ => true,
        };
        if !is_valid {
            let reason = format!("invalid {} argument", call.function);
            self.faults.push(Fault::new(*offset, reason));
        }
    }

    fn format(&mut self, expression: &'a Expression, call: &'a Call) {
        let is_format = matches!(
            self.checked.reference(expression),
            Some(Reference::Function { overload: Some("string_format"), .. })
        );
        let Some(Expression { kind: Kind::Literal(Literal::String(text)), .. }) = &call.target
        else {
            return;
        };
        let [Expression { kind: Kind::List(elements), .. }] = &call.arguments[..] else { return };
        if !is_format {
            return;
        }
        let mut types = Types { checked: self.checked, elements };
        let reason = match interpolate(text, &mut types) {
            Err(reason) => reason,
            Ok((_, used)) if elements.len() > used => format!(
                "too many arguments supplied to string.format (expected {used}, got {})",
                elements.len()
            ),
            Ok(_) => return,
        };
        self.faults.push(Fault::new(expression.offset, reason));
    }
}

struct Types<'a> {
    checked: &'a Checked,
    elements: &'a [Element],
}

impl Argument for Types<'_> {
    fn text(&mut self, index: usize, clause: u8, _: Option<usize>) -> Result<String, String> {
        let Some(element) = self.elements.get(index) else {
            return Err(format!("index {index} out of range"));
        };
        let kind = self.checked.type_of(&element.value);
        let takes = |kind: &Type| match clause {
            b's' => !matches!(kind, Type::Object(_) | Type::Opaque(_) | Type::Optional(_)),
            b'd' | b'o' => matches!(kind, Type::Int | Type::Uint),
            b'f' | b'e' => matches!(kind, Type::Double | Type::String),
            b'b' => matches!(kind, Type::Int | Type::Uint | Type::Bool),
            _ => matches!(kind, Type::Int | Type::Uint | Type::String | Type::Bytes),
        };
        if *kind == Type::Dyn || takes(kind) {
            return Ok(String::new());
        }
        Err(refusal(clause, &kind.plain_name()))
    }

    fn count(&self) -> usize {
        self.elements.len()
    }
}
