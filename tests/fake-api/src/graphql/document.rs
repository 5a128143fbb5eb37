//! GraphQL documents: operations, fragments, selections with aliases, arguments and directives.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A document as it was sent.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: BTreeMap<String, Fragment>,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: Option<String>,
    /// `query` or `mutation`.
    pub(super) kind: String,
    /// Each variable: its name, whether it must not be null, its default.
    pub(super) variables: Vec<(String, bool, Option<Value>)>,
    pub(super) selection: Vec<Selection>,
}

#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) on: String,
    pub(super) selection: Vec<Selection>,
}

#[derive(Debug)]
pub(super) struct Selection {
    pub(super) what: Selected,
    directives: Vec<(String, Literal)>,
}

#[derive(Debug)]
pub(super) enum Selected {
    Field(Field),
    Spread(String),
    Inline { on: Option<String>, selection: Vec<Selection> },
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    arguments: Literal,
    pub(super) selection: Vec<Selection>,
}

impl Field {
    /// The name under which its answer comes.
    pub(super) fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }

    /// Its arguments with the variables put in; one whose variable was not given is not there.
    pub(super) fn arguments(&self, variables: &Map<String, Value>) -> Map<String, Value> {
        match self.arguments.value(variables) {
            Some(Value::Object(arguments)) => arguments,
            _ => Map::new(),
        }
    }
}

impl Selection {
    /// Whether `@include` and `@skip` leave it in.
    pub(super) fn is_wanted(&self, variables: &Map<String, Value>) -> bool {
        self.directives.iter().all(|(name, arguments)| {
            let condition = arguments.value(variables).and_then(|value| value.get("if")?.as_bool());
            match name.as_str() {
                "include" => condition != Some(false),
                "skip" => condition != Some(true),
                _ => true,
            }
        })
    }
}

#[derive(Debug)]
enum Literal {
    Variable(String),
    Plain(Value),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
}

impl Literal {
    fn value(&self, variables: &Map<String, Value>) -> Option<Value> {
        Some(match self {
            Self::Variable(name) => variables.get(name)?.clone(),
            Self::Plain(value) => value.clone(),
            Self::List(list) => list.iter().filter_map(|one| one.value(variables)).collect(),
            Self::Object(fields) => {
                let fields = fields.iter();
                Value::Object(
                    fields.filter_map(|(name, one)| Some((name.clone(), one.value(variables)?))).collect(),
                )
            }
        })
    }
}

/// Reads a document, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0 };
    let mut document = Document::default();
    while !reader.is_done() {
        if reader.takes("fragment") {
            let name = reader.name()?;
            reader.expect("on")?;
            let on = reader.name()?;
            reader.directives()?;
            let selection = reader.selection()?;
            document.fragments.insert(name, Fragment { on, selection });
        } else {
            document.operations.push(reader.operation()?);
        }
    }
    if document.operations.is_empty() { Err("Must provide an operation.".into()) } else { Ok(document) }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name, a number or a mark, as written.
    Word(String),
    Text(String),
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    fn sees(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(held)) if held == word)
    }

    fn takes(&mut self, word: &str) -> bool {
        let sees = self.sees(word);
        self.at += usize::from(sees);
        sees
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("Syntax Error: Unexpected <EOF>.")?;
        self.at += 1;
        Ok(token)
    }

    fn unexpected<T>(token: &Token) -> Result<T, String> {
        let (Token::Word(found) | Token::Text(found)) = token;
        Err(format!("Syntax Error: Unexpected '{found}'."))
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let token = self.next()?;
        if token == Token::Word(word.into()) { Ok(()) } else { Self::unexpected(&token) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => Ok(word),
            other => Self::unexpected(&other),
        }
    }

    fn operation(&mut self) -> Result<Operation, String> {
        let (mut name, mut variables) = (None, Vec::new());
        let kind = if self.sees("{") { "query".to_owned() } else { self.name()? };
        if !matches!(kind.as_str(), "query" | "mutation") {
            return Err(format!("Syntax Error: Unexpected Name '{kind}'."));
        }
        if !self.sees("{") && !self.sees("(") && !self.sees("@") {
            name = Some(self.name()?);
        }
        if self.takes("(") {
            while !self.takes(")") {
                self.expect("$")?;
                let name = self.name()?;
                self.expect(":")?;
                let is_needed = self.kind()?;
                let default = if self.takes("=") { self.literal()?.value(&Map::new()) } else { None };
                variables.push((name, is_needed, default));
            }
        }
        self.directives()?;
        Ok(Operation { name, kind, variables, selection: self.selection()? })
    }

    /// A type; whether it must not be null.
    fn kind(&mut self) -> Result<bool, String> {
        if self.takes("[") {
            self.kind()?;
            self.expect("]")?;
        } else {
            self.name()?;
        }
        Ok(self.takes("!"))
    }

    fn selection(&mut self) -> Result<Vec<Selection>, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("The document is nested too deeply.".into());
        }
        self.expect("{")?;
        let mut selection = Vec::new();
        while !self.takes("}") {
            selection.push(self.selected()?);
        }
        self.depth -= 1;
        if selection.is_empty() {
            Err("Syntax Error: Expected Name, found '}'.".into())
        } else {
            Ok(selection)
        }
    }

    fn selected(&mut self) -> Result<Selection, String> {
        if self.takes("...") {
            if self.sees("{") || self.sees("@") || self.sees("on") {
                let on = if self.takes("on") { Some(self.name()?) } else { None };
                let directives = self.directives()?;
                let selection = self.selection()?;
                return Ok(Selection { what: Selected::Inline { on, selection }, directives });
            }
            let name = self.name()?;
            return Ok(Selection { what: Selected::Spread(name), directives: self.directives()? });
        }
        let first = self.name()?;
        let (alias, name) = if self.takes(":") { (Some(first), self.name()?) } else { (None, first) };
        let arguments = self.arguments()?;
        let directives = self.directives()?;
        let selection = if self.sees("{") { self.selection()? } else { Vec::new() };
        Ok(Selection { what: Selected::Field(Field { alias, name, arguments, selection }), directives })
    }

    fn arguments(&mut self) -> Result<Literal, String> {
        let mut arguments = Vec::new();
        if self.takes("(") {
            while !self.takes(")") {
                let name = self.name()?;
                self.expect(":")?;
                arguments.push((name, self.literal()?));
            }
        }
        Ok(Literal::Object(arguments))
    }

    fn directives(&mut self) -> Result<Vec<(String, Literal)>, String> {
        let mut directives = Vec::new();
        while self.takes("@") {
            directives.push((self.name()?, self.arguments()?));
        }
        Ok(directives)
    }

    fn literal(&mut self) -> Result<Literal, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("The document is nested too deeply.".into());
        }
        let literal = match self.next()? {
            Token::Text(text) => Literal::Plain(text.into()),
            Token::Word(word) => match word.as_str() {
                "$" => Literal::Variable(self.name()?),
                "[" => {
                    let mut list = Vec::new();
                    while !self.takes("]") {
                        list.push(self.literal()?);
                    }
                    Literal::List(list)
                }
                "{" => {
                    let mut fields = Vec::new();
                    while !self.takes("}") {
                        let name = self.name()?;
                        self.expect(":")?;
                        fields.push((name, self.literal()?));
                    }
                    Literal::Object(fields)
                }
                "true" => Literal::Plain(true.into()),
                "false" => Literal::Plain(false.into()),
                "null" => Literal::Plain(Value::Null),
                // The value of an enumeration comes as its name; a number as it is written.
                other if other.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                    Literal::Plain(other.into())
                }
                number => match serde_json::from_str(number) {
                    Ok(Value::Number(number)) => Literal::Plain(Value::Number(number)),
                    _ => return Self::unexpected(&Token::Word(word)),
                },
            },
        };
        self.depth -= 1;
        Ok(literal)
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ',' => 1,
            c if c.is_whitespace() => c.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let (token, length) = quoted(rest)?;
                tokens.push(token);
                length
            }
            _ => {
                let length = match first {
                    '.' if rest.starts_with("...") => 3,
                    '{' | '}' | '(' | ')' | '[' | ']' | ':' | '!' | '=' | '$' | '@' | '|' | '&' => 1,
                    c if c.is_ascii_alphanumeric() || c == '_' || c == '-' => {
                        let is_number = c.is_ascii_digit() || c == '-';
                        let part = |c: char| {
                            c.is_ascii_alphanumeric() || c == '_' || is_number && matches!(c, '.' | '+' | '-')
                        };
                        rest.find(|c| !part(c)).unwrap_or(rest.len())
                    }
                    other => return Err(format!("Syntax Error: Unexpected character: '{other}'.")),
                };
                tokens.push(Token::Word(rest.get(..length).unwrap_or_default().to_owned()));
                length
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(tokens)
}

/// A string at the start of the text, and how long it is there.
fn quoted(text: &str) -> Result<(Token, usize), String> {
    let unterminated = || "Syntax Error: Unterminated string.".to_owned();
    if let Some(block) = text.strip_prefix("\"\"\"") {
        let end = block.find("\"\"\"").ok_or_else(unterminated)?;
        return Ok((Token::Text(block.get(..end).unwrap_or_default().trim().to_owned()), end + 6));
    }
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '\n' => break,
            '\\' if !escaped => escaped = true,
            '"' if !escaped => {
                // Strings are written as in JSON.
                let whole = text.get(..=index).unwrap_or_default();
                let text = serde_json::from_str(whole)
                    .map_err(|_| "Syntax Error: Invalid character escape sequence.".to_owned())?;
                return Ok((Token::Text(text), index + 1));
            }
            _ => escaped = false,
        }
    }
    Err(unterminated())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]
    fn what_clients_write() {
        let document = parse(
            r##"
            # as a client writes it
            query Q($id: ID!, $first: Int = 2, $filters: [Filter!]) @live {
              mine: property(id: $id, deep: {list: [1, -2.5, "a \"b\"", KWH], on: true, no: null}) { ...Part, ... on T @skip(if: true) { x } }
            }
            fragment Part on Property { id }
            mutation { obtainKrakenToken(input: { APIKey: "sk_live", }) { token } }"##,
        )
        .unwrap();
        assert_eq!(document.operations.len(), 2);
        assert_eq!(document.operations[0].variables[0], ("id".to_owned(), true, None));
        assert_eq!(document.operations[0].variables[1], ("first".to_owned(), false, Some(2.into())));
        let Selected::Field(field) = &document.operations[0].selection[0].what else { panic!() };
        assert_eq!((field.key(), field.name.as_str()), ("mine", "property"));
        let variables = Map::from_iter([("id".to_owned(), Value::from("7"))]);
        let arguments = Value::Object(field.arguments(&variables));
        let deep = serde_json::json!({"list": [1, -2.5, "a \"b\"", "KWH"], "on": true, "no": null});
        assert_eq!(arguments, serde_json::json!({"id": "7", "deep": deep}));
        for bad in ["", "query {", "query { }", "{ a(b: ) }", "{ a(b: \"x }", "subscription { a }", "{ a; }"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse(&"{a".repeat(1000)).is_err());
    }
}
