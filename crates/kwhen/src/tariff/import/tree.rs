//! YAML, and JSON, which is YAML too, as a tree of texts: numbers keep every digit.

use crate::error::{Error, Result};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing.
    Null,
    /// A text or a number, as it is written.
    Text(String),
    /// In order.
    List(Vec<Node>),
    /// By name, in order.
    Map(Vec<(String, Node)>),
}

/// Lists in lists beyond this are no tariff.
const DEEPEST: usize = 64;

/// Reads the first document of a text.
pub(super) fn read(text: &str) -> Result<Node> {
    let mut open: Vec<(Node, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            Error::syntax(format!(
                "is neither YAML nor JSON: line {}: {}",
                error.marker().line(),
                error.info()
            ))
        })?;
        let line = span.start.line() as u64;
        let done = match event {
            Event::Alias(_) => {
                return Err(Error::unsupported(
                    "refers to another part of the file (*), which is not followed",
                )
                .in_row(line));
            }
            Event::Scalar(text, style, ..) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                Some(if is_null { Node::Null } else { Node::Text(text.into_owned()) })
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEEPEST => {
                return Err(Error::out_of_range("lists lie in lists too deep").in_row(line));
            }
            Event::SequenceStart(..) => {
                open.push((Node::List(Vec::new()), None));
                None
            }
            Event::MappingStart(..) => {
                open.push((Node::Map(Vec::new()), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|(node, _)| node),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => None,
        };
        let Some(node) = done else { continue };
        match open.last_mut() {
            None => return Ok(node),
            Some((Node::List(list), _)) => list.push(node),
            Some((Node::Map(map), key)) => match (key.take(), node) {
                (Some(name), node) if map.iter().any(|(known, _)| *known == name) => {
                    drop(node);
                    return Err(Error::conflict("stands twice").in_row(line).in_field(name));
                }
                (Some(name), node) => map.push((name, node)),
                (None, Node::Text(name)) => *key = Some(name),
                (None, _) => return Err(Error::syntax("a name is a text").in_row(line)),
            },
            Some(_) => return Err(Error::syntax("is no YAML").in_row(line)),
        }
    }
    Err(Error::missing("holds nothing"))
}

impl Node {
    /// What it holds by a name.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => {
                map.iter().find(|(key, node)| key == name && *node != Self::Null).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    /// A text by a name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_text)
    }

    /// A text by a name, which must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::missing("is missing").in_field(name))
    }

    /// Itself, where it is a text.
    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            _ => None,
        }
    }

    /// Its parts, where it is a list.
    pub(super) fn list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// A list by a name; empty where there is none; a single text is a list of one.
    pub(super) fn all(&self, name: &str) -> Vec<&Self> {
        match self.get(name) {
            Some(Self::List(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    /// The texts of a list by a name.
    pub(super) fn texts(&self, name: &str) -> Vec<&str> {
        self.all(name).into_iter().filter_map(Self::as_text).collect()
    }

    /// Names and parts, where it is a map.
    pub(super) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(map) => map,
            _ => &[],
        }
    }
}
