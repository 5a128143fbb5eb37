//! XML as a tree of elements: names without their prefixes, text, attributes.

use crate::error::{Error, Result};
use quick_xml::events::{BytesStart, Event};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Self>,
}

/// How deep elements may lie in each other.
const DEEPEST: usize = 64;

impl Element {
    /// Reads a document. Entities beyond XML's own five are refused, and no document type is followed.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut open: Vec<Self> = Vec::new();
        let broken = |what: String, at: u64| Error::syntax(format!("is not whole XML: {what} at byte {at}"));
        loop {
            let at = reader.buffer_position();
            let event = reader.read_event().map_err(|error| broken(error.to_string(), at))?;
            let closed = match event {
                Event::Start(tag) => {
                    if open.len() >= DEEPEST {
                        return Err(broken("elements lie too deep in each other".to_owned(), at));
                    }
                    open.push(Self::opened(&tag));
                    None
                }
                Event::Empty(tag) => Some(Self::opened(&tag)),
                Event::End(_) => open.pop(),
                Event::Text(piece) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(piece.trim());
                    }
                    None
                }
                Event::CData(piece) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&piece);
                    }
                    None
                }
                Event::Eof => {
                    return Err(broken("it ends too early".to_owned(), at));
                }
                _ => None,
            };
            if let Some(element) = closed {
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
        }
    }

    fn opened(tag: &BytesStart<'_>) -> Self {
        let attributes = tag
            .attributes()
            .flatten()
            .map(|attribute| (attribute.key.local_name().as_ref().to_owned(), attribute.value.into_owned()))
            .collect();
        Self { name: tag.local_name().as_ref().to_owned(), attributes, ..Self::default() }
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    pub(super) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// All elements of a name, however deep.
    pub(super) fn everywhere<'e>(&'e self, name: &str, found: &mut Vec<&'e Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.everywhere(name, found);
            }
        }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
