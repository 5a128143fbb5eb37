//! JSON as a tree that keeps every number's digits.

use crate::error::{Error, Result};
use std::borrow::Cow;

/// A value; texts and numbers stay where they are unless an escape changes them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

/// How deep values may lie in each other.
const DEEPEST: usize = 64;

/// Objects with more keys than this are columns, whose keys are numbers: those are not compared with each other.
const MANY: usize = 100;

impl<'a> Node<'a> {
    /// One value, or several one after another as a list (NDJSON).
    pub(super) fn read(text: &'a str) -> Result<Self> {
        let mut reader = Reader { text, at: 0 };
        let mut values = Vec::new();
        reader.space();
        while reader.at < text.len() {
            values.push(reader.value(0)?);
            reader.space();
        }
        match values.len() {
            0 => Err(Error::missing("is empty")),
            1 => Ok(values.pop().unwrap_or(Self::Null)),
            _ => Ok(Self::List(values)),
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a value that is neither a list nor an object; empty for null.
    pub(super) fn scalar(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Null => Some(Cow::Borrowed("")),
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::Number(digits) => Some(Cow::Borrowed(digits)),
            Self::Text(text) => Some(text.clone()),
            Self::List(_) | Self::Object(_) => None,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn broken(&self, what: &str) -> Error {
        let line = self.text.get(..self.at).map_or(1, |before| before.matches('\n').count() + 1);
        Error::syntax(format!("is not whole JSON: {what} at byte {} (line {line})", self.at))
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, node: Node<'a>) -> Result<Node<'a>> {
        if self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(node);
        }
        Err(self.broken("an unknown word"))
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>> {
        if depth > DEEPEST {
            return Err(self.broken("lists and objects too deep in each other"));
        }
        self.space();
        match self.peek() {
            None => Err(self.broken("it ends too early")),
            Some(b'n') => self.word("null", Node::Null),
            // Python writes a missing number so.
            Some(b'N') => self.word("NaN", Node::Null),
            Some(b't') => self.word("true", Node::Bool(true)),
            Some(b'f') => self.word("false", Node::Bool(false)),
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => {
                let from = self.at;
                while self
                    .peek()
                    .is_some_and(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
                {
                    self.at += 1;
                }
                Ok(Node::Number(self.text.get(from..self.at).unwrap_or("")))
            }
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            Some(_) => Err(self.broken("an unexpected character")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node<'a>> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.take(b']') {
            return Ok(Node::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            if self.take(b']') {
                return Ok(Node::List(items));
            }
            if !self.take(b',') {
                return Err(self.broken("a comma or ] is missing"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>> {
        self.at += 1;
        let mut fields = Vec::new();
        self.space();
        if self.take(b'}') {
            return Ok(Node::Object(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.broken("a key is missing"));
            }
            let name = self.string()?;
            if fields.iter().any(|(known, _): &(Cow<'_, str>, Node<'_>)| *known == name)
                && fields.len() < MANY
            {
                return Err(self.broken("an object has one key twice"));
            }
            self.space();
            if !self.take(b':') {
                return Err(self.broken("a colon is missing"));
            }
            fields.push((name, self.value(depth + 1)?));
            self.space();
            if self.take(b'}') {
                return Ok(Node::Object(fields));
            }
            if !self.take(b',') {
                return Err(self.broken("a comma or } is missing"));
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>> {
        let from = self.at + 1;
        let rest = self.text.as_bytes().get(from..).unwrap_or(&[]);
        let Some(end) = memchr::memchr2(b'"', b'\\', rest) else {
            return Err(self.broken("a text has no end"));
        };
        if rest.get(end) == Some(&b'"') {
            self.at = from + end + 1;
            return Ok(Cow::Borrowed(self.text.get(from..from + end).unwrap_or("")));
        }
        // An escape: find the end, and let serde_json read it.
        let mut at = end;
        loop {
            match rest.get(at) {
                None => return Err(self.broken("a text has no end")),
                Some(b'\\') => at += 2,
                Some(b'"') => break,
                Some(_) => at += 1,
            }
        }
        let whole = self.text.get(self.at..=from + at).unwrap_or("");
        let text: String =
            serde_json::from_str(whole).map_err(|_| self.broken("a text has a wrong escape"))?;
        self.at = from + at + 1;
        Ok(Cow::Owned(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_keeps_its_digits() {
        let node = Node::read(r#"{"a": [0.10, -1e3, null], "b\u00e9": "x\"y", "c": {"d": true}}"#).unwrap();
        assert_eq!(
            node.field("a"),
            Some(&Node::List(vec![Node::Number("0.10"), Node::Number("-1e3"), Node::Null]))
        );
        assert_eq!(node.field("bé").and_then(Node::scalar).as_deref(), Some("x\"y"));
        assert_eq!(node.field("c").and_then(|inner| inner.field("d")), Some(&Node::Bool(true)));
        assert!(matches!(Node::read("{\"a\":1}\n{\"a\":2}\n").unwrap(), Node::List(rows) if rows.len() == 2));
    }

    #[test]
    fn what_is_broken_is_an_error() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":1",
            "\"abc",
            "\"a\\",
            "nul",
            "[1 2]",
            "{a:1}",
            "\"\\u12\"",
            &deep,
        ] {
            assert!(Node::read(text).is_err(), "{text}");
        }
    }
}
