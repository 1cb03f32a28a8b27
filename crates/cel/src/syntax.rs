//! The tree of an expression as written, macros expanded.

/// A value that stands in an expression itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
}

/// A node: its number (types are kept by it), where it begins in the text, what it is.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) id: u32,
    pub(crate) offset: u32,
    /// Levels below and with this one.
    pub(crate) height: u16,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Literal(Literal),
    /// A name; one that begins with a dot is looked up outside of all comprehensions.
    Identifier(Box<str>),
    Select(Box<Select>),
    Call(Box<Call>),
    List(Vec<Element>),
    Map(Vec<Entry>),
    /// A message, by its type's name.
    Message(Box<str>),
    Comprehension(Box<Comprehension>),
}

impl Kind {
    /// Calls `visit` with each direct part.
    pub(crate) fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Expression)) {
        match self {
            Self::Literal(_) | Self::Identifier(_) | Self::Message(_) => {}
            Self::Select(select) => visit(&select.operand),
            Self::Call(call) => call.target.iter().chain(&call.arguments).for_each(visit),
            Self::List(elements) => elements.iter().for_each(|element| visit(&element.value)),
            Self::Map(entries) => {
                for entry in entries {
                    visit(&entry.key);
                    visit(&entry.value);
                }
            }
            Self::Comprehension(fold) => {
                let Comprehension { range, initial, condition, step, result, .. } = &**fold;
                [range, initial, condition, step, result].into_iter().for_each(visit);
            }
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Select {
    pub(crate) operand: Expression,
    pub(crate) field: Box<str>,
    /// What `has()` became: whether the field is there.
    pub(crate) is_test: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) function: Box<str>,
    pub(crate) target: Option<Expression>,
    pub(crate) arguments: Vec<Expression>,
}

#[derive(Clone, Debug)]
pub(crate) struct Element {
    pub(crate) value: Expression,
    pub(crate) is_optional: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Expression,
    pub(crate) value: Expression,
    pub(crate) is_optional: bool,
}

/// A fold over a list or map: what every macro over collections becomes.
#[derive(Clone, Debug)]
pub(crate) struct Comprehension {
    pub(crate) range: Expression,
    pub(crate) item: Box<str>,
    /// The second variable: then the first is the index or key.
    pub(crate) value: Option<Box<str>>,
    pub(crate) accumulator: Box<str>,
    pub(crate) initial: Expression,
    pub(crate) condition: Expression,
    pub(crate) step: Expression,
    pub(crate) result: Expression,
}

/// Operators are functions of these names, as in cel-go's `common/operators`.
pub(crate) mod operator {
    pub(crate) const AND: &str = "_&&_";
    pub(crate) const OR: &str = "_||_";
    pub(crate) const NOT: &str = "!_";
    pub(crate) const NEGATE: &str = "-_";
    pub(crate) const CONDITIONAL: &str = "_?_:_";
    pub(crate) const EQUALS: &str = "_==_";
    pub(crate) const NOT_EQUALS: &str = "_!=_";
    pub(crate) const LESS: &str = "_<_";
    pub(crate) const LESS_EQUALS: &str = "_<=_";
    pub(crate) const GREATER: &str = "_>_";
    pub(crate) const GREATER_EQUALS: &str = "_>=_";
    pub(crate) const ADD: &str = "_+_";
    pub(crate) const SUBTRACT: &str = "_-_";
    pub(crate) const MULTIPLY: &str = "_*_";
    pub(crate) const DIVIDE: &str = "_/_";
    pub(crate) const MODULO: &str = "_%_";
    pub(crate) const INDEX: &str = "_[_]";
    pub(crate) const OPTIONAL_INDEX: &str = "_[?_]";
    pub(crate) const OPTIONAL_SELECT: &str = "_?._";
    pub(crate) const IN: &str = "@in";
    pub(crate) const NOT_STRICTLY_FALSE: &str = "@not_strictly_false";
}
