//! Types of expressions, and when one may stand for another (cel-go's `checker/types.go`).

use std::fmt;
use std::sync::Arc;

use crate::limit::TYPE_PARTS_MAX;

/// The type of an expression, as far as it is known before evaluating it.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Known only when evaluated.
    Dyn,
    /// What already led to a problem: no further ones follow from it.
    Error,
    /// Null.
    Null,
    /// A bool.
    Bool,
    /// A signed integer of 64 bits.
    Int,
    /// An unsigned integer of 64 bits.
    Uint,
    /// A double.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration,
    /// A list of one type.
    List(Arc<Type>),
    /// A map.
    Map(Arc<(Type, Type)>),
    /// A value that may be missing.
    Optional(Arc<Type>),
    /// The type of a type.
    Type(Arc<Type>),
    /// A type with declared fields, or one only functions can use, by its name.
    Object(Arc<str>),
    /// As [`Type::Object`], but null is no value of it.
    Opaque(&'static str),
    /// A variable of the checker, or a parameter of an overload.
    Parameter(u32),
}

impl Type {
    /// A list of `items`.
    pub fn list(items: Self) -> Self {
        Self::List(Arc::new(items))
    }

    /// A map from `keys` to `values`.
    pub fn map(keys: Self, values: Self) -> Self {
        Self::Map(Arc::new((keys, values)))
    }

    /// An object type by its name.
    pub fn object(name: &str) -> Self {
        Self::Object(name.into())
    }

    pub(crate) fn unwrap_optional(&self) -> Option<&Self> {
        match self {
            Self::Optional(inner) => Some(inner),
            _ => None,
        }
    }

    /// The name without parameters, as in messages about formatting.
    pub(crate) fn plain_name(&self) -> String {
        match self {
            Self::List(_) => "list".to_owned(),
            Self::Map(_) => "map".to_owned(),
            Self::Optional(_) => "optional_type".to_owned(),
            Self::Type(_) => "type".to_owned(),
            other => other.to_string(),
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::List(inner) | Self::Optional(inner) | Self::Type(inner) => vec![inner],
            Self::Map(pair) => vec![&pair.0, &pair.1],
            _ => Vec::new(),
        }
    }

    /// Whether the types are the same, whatever the names of their parameters.
    pub(crate) fn is_equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Parameter(_), Self::Parameter(_)) | (Self::Type(_), Self::Type(_)) => true,
            (Self::List(one), Self::List(two)) | (Self::Optional(one), Self::Optional(two)) => {
                one.is_equivalent(two)
            }
            (Self::Map(one), Self::Map(two)) => {
                one.0.is_equivalent(&two.0) && one.1.is_equivalent(&two.1)
            }
            (one, two) => one == two,
        }
    }

    /// Whether `self` is equal to `other` or says less.
    fn is_equal_or_less_specific(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn | Self::Parameter(_), _) | (Self::Type(_), Self::Type(_)) => true,
            (_, Self::Dyn | Self::Parameter(_)) => false,
            (Self::List(one), Self::List(two)) | (Self::Optional(one), Self::Optional(two)) => {
                one.is_equal_or_less_specific(two)
            }
            (Self::Map(one), Self::Map(two)) => {
                one.0.is_equal_or_less_specific(&two.0) && one.1.is_equal_or_less_specific(&two.1)
            }
            (one, two) => one == two,
        }
    }

    fn is_nullable(&self) -> bool {
        matches!(
            self,
            Self::Optional(_)
                | Self::Object(_)
                | Self::Opaque(_)
                | Self::Timestamp
                | Self::Duration
                | Self::Null
        )
    }

    /// The more general of two types that agree.
    pub(crate) fn most_general(one: &Self, two: &Self) -> Self {
        if one.is_equal_or_less_specific(two) { one.clone() } else { two.clone() }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn => "dyn",
            Self::Error => "!error!",
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::List(items) => return write!(formatter, "list({items})"),
            Self::Map(pair) => return write!(formatter, "map({}, {})", pair.0, pair.1),
            Self::Optional(inner) => return write!(formatter, "optional_type({inner})"),
            Self::Type(inner) => return write!(formatter, "type({inner})"),
            Self::Object(name) => name,
            Self::Opaque(name) => name,
            Self::Parameter(number) => return write!(formatter, "_var{number}"),
        };
        formatter.write_str(name)
    }
}

/// What the checker's variables stand for. Trials are undone by going back to a mark.
#[derive(Default)]
pub(crate) struct Bindings {
    bound: Vec<Option<Type>>,
    undo: Vec<(u32, Option<Type>)>,
}

impl Bindings {
    pub(crate) fn variable(&mut self) -> Type {
        self.bound.push(None);
        Type::Parameter(self.bound.len() as u32 - 1)
    }

    /// A run of new variables, by the number of the first.
    pub(crate) fn variables(&mut self, count: u32) -> u32 {
        let first = self.bound.len() as u32;
        self.bound.extend((0..count).map(|_| None));
        first
    }

    fn find(&self, parameter: u32) -> Option<&Type> {
        self.bound.get(parameter as usize)?.as_ref()
    }

    fn bind(&mut self, parameter: u32, kind: Type) {
        if let Some(place) = self.bound.get_mut(parameter as usize) {
            let before = place.replace(kind);
            self.undo.push((parameter, before));
        }
    }

    fn back_to(&mut self, mark: usize) {
        while self.undo.len() > mark {
            let Some((parameter, before)) = self.undo.pop() else { return };
            if let Some(place) = self.bound.get_mut(parameter as usize) {
                *place = before;
            }
        }
    }

    /// Whether each of `given` may stand where the one of `wanted` is expected; what this binds
    /// stays bound if so.
    pub(crate) fn are_assignable(&mut self, given: &[Type], wanted: &[Type]) -> bool {
        let mark = self.undo.len();
        let all = given.len() == wanted.len()
            && given.iter().zip(wanted).all(|(given, wanted)| self.agree(given, wanted));
        if !all {
            self.back_to(mark);
        }
        all
    }

    pub(crate) fn is_assignable(&mut self, given: &Type, wanted: &Type) -> bool {
        self.are_assignable(std::slice::from_ref(given), std::slice::from_ref(wanted))
    }

    fn agree(&mut self, one: &Type, two: &Type) -> bool {
        if let Type::Parameter(parameter) = two {
            let (is_valid, had) = self.stand_for(one, *parameter);
            if is_valid || had {
                return is_valid;
            }
        }
        if let Type::Parameter(parameter) = one {
            return self.stand_for(two, *parameter).0;
        }
        match (one, two) {
            (Type::Dyn | Type::Error, _)
            | (_, Type::Dyn | Type::Error)
            | (Type::Type(_), Type::Type(_)) => true,
            (Type::Null, other) | (other, Type::Null) => other.is_nullable(),
            (Type::List(one), Type::List(two)) | (Type::Optional(one), Type::Optional(two)) => {
                self.agree(one, two)
            }
            (Type::Map(one), Type::Map(two)) => {
                self.agree(&one.0, &two.0) && self.agree(&one.1, &two.1)
            }
            (one, two) => one == two,
        }
    }

    /// Whether `kind` may stand for the parameter, and whether something did before.
    fn stand_for(&mut self, kind: &Type, parameter: u32) -> (bool, bool) {
        let itself = Type::Parameter(parameter);
        if *kind == itself {
            return (true, true);
        }
        if let Some(bound) = self.find(parameter).cloned() {
            if *kind == bound {
                return (true, true);
            }
            if !self.agree(kind, &bound) {
                return (false, true);
            }
            let general = Type::most_general(kind, &bound);
            if !self.occurs(parameter, &general, 0) {
                self.bind(parameter, general);
            }
            return (true, true);
        }
        if self.occurs(parameter, kind, 0) {
            return (false, false);
        }
        self.bind(parameter, kind.clone());
        (true, false)
    }

    fn occurs(&self, parameter: u32, kind: &Type, depth: usize) -> bool {
        if depth > TYPE_PARTS_MAX {
            return true;
        }
        match kind {
            Type::Parameter(other) if *other == parameter => true,
            Type::Parameter(other) => {
                self.find(*other).is_some_and(|bound| self.occurs(parameter, bound, depth + 1))
            }
            other => other.parts().iter().any(|part| self.occurs(parameter, part, depth + 1)),
        }
    }

    /// The type with everything bound put in, unbound variables as they are or, at the end, as
    /// `dyn`. `Type::Error` when it would have too many parts.
    pub(crate) fn substitute(&self, kind: &Type, unbound_to_dyn: bool) -> Type {
        let mut left = TYPE_PARTS_MAX;
        self.substituted(kind, unbound_to_dyn, &mut left).unwrap_or(Type::Error)
    }

    fn substituted(&self, kind: &Type, to_dyn: bool, left: &mut usize) -> Option<Type> {
        *left = left.checked_sub(1)?;
        Some(match kind {
            Type::Parameter(parameter) => match self.find(*parameter) {
                Some(bound) => self.substituted(bound, to_dyn, left)?,
                None if to_dyn => Type::Dyn,
                None => kind.clone(),
            },
            Type::List(inner) => Type::list(self.substituted(inner, to_dyn, left)?),
            Type::Optional(inner) => {
                Type::Optional(Arc::new(self.substituted(inner, to_dyn, left)?))
            }
            Type::Type(inner) => Type::Type(Arc::new(self.substituted(inner, to_dyn, left)?)),
            Type::Map(pair) => {
                let key = self.substituted(&pair.0, to_dyn, left)?;
                Type::map(key, self.substituted(&pair.1, to_dyn, left)?)
            }
            other => other.clone(),
        })
    }
}

/// Replaces the parameters of an overload by variables numbered from `first`.
pub(crate) fn renumber(kind: &Type, first: u32) -> Type {
    match kind {
        Type::Parameter(number) => Type::Parameter(number + first),
        Type::List(inner) => Type::list(renumber(inner, first)),
        Type::Optional(inner) => Type::Optional(Arc::new(renumber(inner, first))),
        Type::Type(inner) => Type::Type(Arc::new(renumber(inner, first))),
        Type::Map(pair) => Type::map(renumber(&pair.0, first), renumber(&pair.1, first)),
        other => other.clone(),
    }
}
