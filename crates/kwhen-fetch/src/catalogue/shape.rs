//! What an operation returns, as far as the documentation shows it, and what of it is asked for where nothing is said.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A returned value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Shape {
    /// One without fields (`text`, `number`, `boolean`, `choice`, `date`, `time`, `json`, `any`; a list in brackets), or a type whose fields
    /// the documentation does not show (`LedgerType`; several with `|` between).
    Leaf(String),
    /// A list; it holds one shape.
    List(Vec<Shape>),
    /// Fields in the order of the documentation.
    Object(Fields),
}

/// Fields by name, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, Shape)>);

/// The types whose fields the documentation does not show but that are seen in use wherever the service is called.
const SEEN_IN_USE: &[(&str, &str)] =
    &[("PossibleErrorType", "code message"), ("PageInfo", "hasNextPage endCursor")];

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The fields, as they stand between the braces.
    pub text: String,
    /// What is not asked for, since the documentation does not show its fields: where it is and of which type.
    pub left_out: Vec<(String, String)>,
}

impl Shape {
    /// Whether fields must be selected of it.
    #[must_use]
    pub fn has_fields(&self) -> bool {
        match self {
            Self::Leaf(kind) => is_type(kind),
            Self::List(inner) => inner.first().is_some_and(Self::has_fields),
            Self::Object(_) => true,
        }
    }

    /// Its fields, of a list those of what is in it.
    #[must_use]
    pub fn fields(&self) -> &[(String, Shape)] {
        match self {
            Self::Leaf(_) => &[],
            Self::List(inner) => inner.first().map_or(&[], Self::fields),
            Self::Object(Fields(fields)) => fields,
        }
    }

    /// Whether it is a list in pages.
    #[must_use]
    pub fn is_paged(&self) -> bool {
        let names = |wanted: &str| self.fields().iter().any(|(name, _)| name == wanted);
        names("pageInfo") && names("edges")
    }

    /// In words, short: a leaf as it is, an object as `{…}`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::Leaf(kind) => kind.clone(),
            Self::List(inner) => format!("[{}]", inner.first().map(Self::in_words).unwrap_or_default()),
            Self::Object(_) => "{…}".to_owned(),
        }
    }

    /// All fields without fields of their own, and those of types that are seen in use.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let mut chosen = Selection::default();
        match self {
            Self::Leaf(kind) if is_type(kind) => chosen.left_out.push((String::new(), kind.clone())),
            _ => self.select("", &mut chosen),
        }
        chosen
    }

    fn select(&self, path: &str, chosen: &mut Selection) {
        let mut add = |text: &str| {
            if !chosen.text.is_empty() && !chosen.text.ends_with("{ ") {
                chosen.text.push(' ');
            }
            chosen.text.push_str(text);
        };
        for (name, shape) in self.fields() {
            let place = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !shape.has_fields() {
                add(name);
                continue;
            }
            let inner = match shape {
                Self::Leaf(kind) => {
                    let seen = SEEN_IN_USE.iter().find(|(seen, _)| *seen == bare(kind));
                    match seen {
                        Some((_, fields)) => Selection { text: (*fields).to_owned(), left_out: Vec::new() },
                        None => Selection { text: String::new(), left_out: vec![(place, kind.clone())] },
                    }
                }
                _ => {
                    let mut inner = Selection::default();
                    shape.select(&place, &mut inner);
                    inner
                }
            };
            if !inner.text.is_empty() {
                add(&format!("{name} {{ {} }}", inner.text));
            }
            chosen.left_out.extend(inner.left_out);
        }
    }
}

/// A type's name without the brackets of lists.
fn bare(kind: &str) -> &str {
    kind.trim_matches(['[', ']'])
}

fn is_type(kind: &str) -> bool {
    bare(kind).starts_with(|first: char| first.is_ascii_uppercase())
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder).map(Self)
    }
}

/// Reads an object's entries in the order in which they stand.
pub(super) struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Vec<(String, Shape)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_selected_and_types_without_shown_fields_are_told() {
        let shape: Shape = serde_json::from_str(
            r#"{"possibleErrors":"[PossibleErrorType]","b":"text","a":[{"x":"number","y":"[YType]"}],"z":{"q":"QType"}}"#,
        )
        .unwrap();
        let chosen = shape.selection();
        assert_eq!(chosen.text, "possibleErrors { code message } b a { x }");
        let left: Vec<_> =
            chosen.left_out.iter().map(|(place, kind)| (place.as_str(), kind.as_str())).collect();
        assert_eq!(left, [("a.y", "[YType]"), ("z.q", "QType")]);
        assert!(!shape.is_paged() && shape.has_fields());
    }
}
