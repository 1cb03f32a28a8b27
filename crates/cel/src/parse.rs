//! From text to a tree (the parser rules of cel-go's `parser/gen/CEL.g4`).

use crate::expand;
use crate::limit::{EXPRESSION_CODE_POINTS_MAX, HEIGHT_MAX, NESTING_MAX, NODES_MAX};
use crate::problem::Fault;
use crate::syntax::{Call, Element, Entry, Expression, Kind, Literal, Select, operator};
use crate::token::{Token, tokens};

/// Names that are no variables and no global functions (`reservedIds` of cel-go's parser).
const RESERVED: [&str; 20] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
];

/// Reads one expression.
pub(crate) fn parse(source: &str) -> Result<(Expression, u32), Fault> {
    if source.chars().count() > EXPRESSION_CODE_POINTS_MAX {
        let reason =
            format!("the expression is longer than {EXPRESSION_CODE_POINTS_MAX} characters");
        return Err(Fault::new(0, reason));
    }
    let mut parser =
        Parser { tokens: tokens(source)?, at: 0, depth: 0, maker: Maker { next: 0, height: 0 } };
    let expression = parser.expression()?;
    parser.maker.check(0)?;
    match parser.peek() {
        Token::End => Ok((expression, parser.maker.next)),
        _ => Err(parser.unexpected()),
    }
}

/// Makes nodes, each with a number of its own.
pub(crate) struct Maker {
    next: u32,
    height: u16,
}

impl Maker {
    pub(crate) fn node(&mut self, offset: u32, kind: Kind) -> Expression {
        let mut below = 0;
        kind.visit(&mut |part| below = below.max(part.height));
        let height = below.saturating_add(1);
        self.height = self.height.max(height);
        self.next += 1;
        Expression { id: self.next - 1, offset, height, kind }
    }

    /// Whether the tree is still as small as it has to be.
    pub(crate) fn check(&self, offset: u32) -> Result<(), Fault> {
        if self.next as usize > NODES_MAX {
            return Err(Fault::new(offset, format!("more than {NODES_MAX} nodes")));
        }
        if self.height > HEIGHT_MAX {
            let reason = format!("expression recursion limit exceeded: {HEIGHT_MAX}");
            return Err(Fault::new(offset, reason));
        }
        Ok(())
    }

    pub(crate) fn call(
        &mut self,
        offset: u32,
        function: &str,
        args: Vec<Expression>,
    ) -> Expression {
        let call = Call { function: function.into(), target: None, arguments: args };
        self.node(offset, Kind::Call(Box::new(call)))
    }
}

struct Parser {
    tokens: Vec<(Token, u32)>,
    at: usize,
    depth: u32,
    maker: Maker,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn offset(&self) -> u32 {
        self.tokens.get(self.at).map_or(0, |(_, offset)| *offset)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn is_after(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.tokens.get(self.at + ahead), Some((Token::Sign(found), _)) if *found == sign)
    }

    fn accept(&mut self, sign: &str) -> bool {
        let is = self.is(sign);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        if self.accept(sign) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Fault {
        let what = match self.peek() {
            Token::End => "<EOF>".to_owned(),
            Token::Sign(sign) => format!("'{sign}'"),
            Token::Identifier(name) | Token::Quoted(name) => format!("'{name}'"),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
            Token::String(_) | Token::Bytes(_) => "a string".to_owned(),
        };
        Fault::new(self.offset(), format!("Syntax error: unexpected {what}"))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.too_deep());
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn too_deep(&self) -> Fault {
        let reason = format!("expression recursion limit exceeded: {NESTING_MAX}");
        Fault::new(self.offset(), reason)
    }

    fn expression(&mut self) -> Result<Expression, Fault> {
        self.nested(|parser| {
            let condition = parser.logical(operator::OR, "||", |parser| {
                parser.logical(operator::AND, "&&", Self::relation)
            })?;
            let offset = parser.offset();
            if !parser.accept("?") {
                return Ok(condition);
            }
            let yes = parser.logical(operator::OR, "||", |parser| {
                parser.logical(operator::AND, "&&", Self::relation)
            })?;
            parser.expect(":")?;
            let no = parser.expression()?;
            Ok(parser.maker.call(offset, operator::CONDITIONAL, vec![condition, yes, no]))
        })
    }

    /// A chain of one logical operator is one call with all its terms: their order, and so what
    /// is evaluated, is that of cel-go's balanced tree.
    fn logical(
        &mut self,
        name: &str,
        sign: &str,
        operand: impl Fn(&mut Self) -> Result<Expression, Fault>,
    ) -> Result<Expression, Fault> {
        let first = operand(self)?;
        let offset = self.offset();
        if !self.is(sign) {
            return Ok(first);
        }
        let mut terms = vec![first];
        while self.accept(sign) {
            terms.push(operand(self)?);
        }
        Ok(self.maker.call(offset, name, terms))
    }

    fn relation(&mut self) -> Result<Expression, Fault> {
        let names = |sign: &str| {
            Some(match sign {
                "<" => operator::LESS,
                "<=" => operator::LESS_EQUALS,
                ">" => operator::GREATER,
                ">=" => operator::GREATER_EQUALS,
                "==" => operator::EQUALS,
                "!=" => operator::NOT_EQUALS,
                "in" => operator::IN,
                _ => return None,
            })
        };
        self.chain(names, Self::sum)
    }

    fn sum(&mut self) -> Result<Expression, Fault> {
        let names = |sign: &str| {
            Some(match sign {
                "+" => operator::ADD,
                "-" => operator::SUBTRACT,
                _ => return None,
            })
        };
        self.chain(names, Self::product)
    }

    fn product(&mut self) -> Result<Expression, Fault> {
        let names = |sign: &str| {
            Some(match sign {
                "*" => operator::MULTIPLY,
                "/" => operator::DIVIDE,
                "%" => operator::MODULO,
                _ => return None,
            })
        };
        self.chain(names, Self::unary)
    }

    fn chain(
        &mut self,
        name: impl Fn(&str) -> Option<&'static str>,
        operand: impl Fn(&mut Self) -> Result<Expression, Fault>,
    ) -> Result<Expression, Fault> {
        let mut left = operand(self)?;
        loop {
            let offset = self.offset();
            let found = match self.peek() {
                Token::Sign(sign) => name(sign),
                _ => None,
            };
            let Some(function) = found else { return Ok(left) };
            self.at += 1;
            self.maker.check(offset)?;
            let right = operand(self)?;
            left = self.maker.call(offset, function, vec![left, right]);
        }
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let offset = self.offset();
        let (sign, name) = if self.is("!") {
            ("!", operator::NOT)
        } else if self.is("-") && !self.is_negative_literal() {
            ("-", operator::NEGATE)
        } else {
            return self.member();
        };
        let mut count = 0;
        while self.is(sign) {
            self.at += 1;
            count += 1;
        }
        let operand = self.member()?;
        Ok(match count % 2 {
            0 => operand,
            _ => self.maker.call(offset, name, vec![operand]),
        })
    }

    fn is_negative_literal(&self) -> bool {
        let next = self.tokens.get(self.at + 1).map(|(token, _)| token);
        self.is("-") && matches!(next, Some(Token::Int(_) | Token::Double(_)))
    }

    fn member(&mut self) -> Result<Expression, Fault> {
        let mut left = self.primary()?;
        loop {
            let offset = self.offset();
            self.maker.check(offset)?;
            if self.accept(".") {
                left = self.selection(left, offset)?;
            } else if self.accept("[") {
                let name =
                    if self.accept("?") { operator::OPTIONAL_INDEX } else { operator::INDEX };
                let index = self.expression()?;
                self.expect("]")?;
                left = self.maker.call(offset, name, vec![left, index]);
            } else {
                return Ok(left);
            }
        }
    }

    fn selection(&mut self, operand: Expression, offset: u32) -> Result<Expression, Fault> {
        let is_optional = self.accept("?");
        let (field, is_plain) = match self.peek() {
            Token::Identifier(name) => (name.clone(), true),
            Token::Quoted(name) => (name.clone(), false),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        if is_optional {
            let field = self.maker.node(offset, Kind::Literal(Literal::String(field)));
            return Ok(self.maker.call(offset, operator::OPTIONAL_SELECT, vec![operand, field]));
        }
        if is_plain && self.is("(") {
            let open = self.offset();
            let arguments = self.arguments()?;
            let call = Call { function: field, target: Some(operand), arguments };
            return expand::call(&mut self.maker, open, call);
        }
        let select = Select { operand, field, is_test: false };
        Ok(self.maker.node(offset, Kind::Select(Box::new(select))))
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, Fault> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.accept(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if !self.accept(",") {
                self.expect(")")?;
                return Ok(arguments);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        let offset = self.offset();
        if self.accept("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.accept("[") {
            return self.list(offset);
        }
        if self.accept("{") {
            return self.map(offset);
        }
        let has_dot = self.is(".");
        let name = self.tokens.get(self.at + usize::from(has_dot)).map(|(token, _)| token.clone());
        if let Some(Token::Identifier(name)) = name {
            self.at += 1 + usize::from(has_dot);
            return self.name(offset, has_dot, &name);
        }
        self.literal(offset)
    }

    fn name(&mut self, offset: u32, has_dot: bool, name: &str) -> Result<Expression, Fault> {
        if let Some(type_name) = self.message_name(name) {
            return self.message(offset, type_name);
        }
        if RESERVED.contains(&name) || name == "while" {
            return Err(Fault::new(offset, format!("reserved identifier: {name}")));
        }
        let full: Box<str> = if has_dot { format!(".{name}").into() } else { name.into() };
        if self.is("(") {
            let open = self.offset();
            let arguments = self.arguments()?;
            let function = full.trim_start_matches('.').into();
            let call = Call { function, target: None, arguments };
            return expand::call(&mut self.maker, open, call);
        }
        Ok(self.maker.node(offset, Kind::Identifier(full)))
    }

    /// The name of a message, when a brace follows the dotted name that begins here.
    fn message_name(&self, first: &str) -> Option<Box<str>> {
        let mut name = first.to_owned();
        let mut ahead = 0;
        loop {
            if self.is_after(ahead, "{") {
                return Some(name.into());
            }
            let next = self.tokens.get(self.at + ahead + 1).map(|(token, _)| token);
            match next {
                Some(Token::Identifier(part)) if self.is_after(ahead, ".") => {
                    name.push('.');
                    name.push_str(part);
                    ahead += 2;
                }
                _ => return None,
            }
        }
    }

    /// A message is refused by the checker; its fields are read only for their syntax.
    fn message(&mut self, offset: u32, name: Box<str>) -> Result<Expression, Fault> {
        while !self.accept("{") {
            self.at += 1;
        }
        while !self.accept("}") {
            self.accept("?");
            if !matches!(self.peek(), Token::Identifier(_) | Token::Quoted(_)) {
                return Err(self.unexpected());
            }
            self.at += 1;
            self.expect(":")?;
            self.expression()?;
            if !self.accept(",") && !self.is("}") {
                return Err(self.unexpected());
            }
        }
        Ok(self.maker.node(offset, Kind::Message(name)))
    }

    fn list(&mut self, offset: u32) -> Result<Expression, Fault> {
        let mut elements = Vec::new();
        if self.accept(",") {
            self.expect("]")?;
            return Ok(self.maker.node(offset, Kind::List(elements)));
        }
        while !self.accept("]") {
            let is_optional = self.accept("?");
            elements.push(Element { value: self.expression()?, is_optional });
            if !self.accept(",") && !self.is("]") {
                return Err(self.unexpected());
            }
        }
        Ok(self.maker.node(offset, Kind::List(elements)))
    }

    fn map(&mut self, offset: u32) -> Result<Expression, Fault> {
        let mut entries = Vec::new();
        if self.accept(",") {
            self.expect("}")?;
            return Ok(self.maker.node(offset, Kind::Map(entries)));
        }
        while !self.accept("}") {
            let is_optional = self.accept("?");
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            entries.push(Entry { key, value, is_optional });
            if !self.accept(",") && !self.is("}") {
                return Err(self.unexpected());
            }
        }
        Ok(self.maker.node(offset, Kind::Map(entries)))
    }

    fn literal(&mut self, offset: u32) -> Result<Expression, Fault> {
        let is_negative = self.is_negative_literal();
        self.at += usize::from(is_negative);
        let sign = if is_negative { "-" } else { "" };
        let literal = match self.peek().clone() {
            Token::Int(digits) => {
                let int = i64::from_str_radix(&signed(sign, &digits), radix(&digits));
                Literal::Int(int.map_err(|_| Fault::new(offset, "invalid int literal"))?)
            }
            Token::Uint(digits) => {
                let uint = u64::from_str_radix(&signed("", &digits), radix(&digits));
                Literal::Uint(uint.map_err(|_| Fault::new(offset, "invalid uint literal"))?)
            }
            Token::Double(double) => Literal::Double(if is_negative { -double } else { double }),
            Token::String(text) => Literal::String(text),
            Token::Bytes(bytes) => Literal::Bytes(bytes),
            Token::Sign("true") => Literal::Bool(true),
            Token::Sign("false") => Literal::Bool(false),
            Token::Sign("null") => Literal::Null,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(self.maker.node(offset, Kind::Literal(literal)))
    }
}

fn radix(digits: &str) -> u32 {
    if digits.starts_with("0x") { 16 } else { 10 }
}

fn signed(sign: &str, digits: &str) -> String {
    format!("{sign}{}", digits.strip_prefix("0x").unwrap_or(digits))
}
