//! One line of the log for each event.

use chrono::{DateTime, Utc};
use kwhen::text::visible;
use kwhen::time::instant_text;
use serde_json::{Map, Value};

/// A line: when, what, and why it matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether something stands in the way.
    pub is_warning: bool,
    /// What happened, in a word.
    pub event: &'static str,
    /// The same for people.
    pub text: String,
    /// The same for programs.
    pub fields: Map<String, Value>,
}

impl Line {
    /// That something happened.
    #[must_use]
    pub fn new(at: DateTime<Utc>, event: &'static str, text: impl Into<String>) -> Self {
        Self { at, is_warning: false, event, text: text.into(), fields: Map::new() }
    }

    /// That something stands in the way.
    #[must_use]
    pub fn warning(at: DateTime<Utc>, event: &'static str, text: impl Into<String>) -> Self {
        Self { is_warning: true, ..Self::new(at, event, text) }
    }

    /// With a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// For people, on one line whatever it holds.
    #[must_use]
    pub fn text(&self) -> String {
        let mark = if self.is_warning { "warning: " } else { "" };
        let text = format!("{} {}: {mark}{}", instant_text(self.at), self.event, self.text);
        visible(&text.split(['\n', '\r']).collect::<Vec<_>>().join(" ")).into_owned()
    }

    /// As an object of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        let mut line = Map::new();
        line.insert("at".to_owned(), instant_text(self.at).into());
        line.insert("level".to_owned(), if self.is_warning { "warning" } else { "info" }.into());
        line.insert("event".to_owned(), self.event.into());
        line.insert("text".to_owned(), self.text.clone().into());
        line.extend(self.fields.clone());
        Value::Object(line).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        let at = DateTime::from_timestamp(0, 0).unwrap();
        let line = Line::warning(at, "fetch", "a\nb").with("what", "rates");
        assert_eq!(line.text(), "1970-01-01T00:00:00Z fetch: warning: a b");
        assert_eq!(
            line.json(),
            r#"{"at":"1970-01-01T00:00:00Z","event":"fetch","level":"warning","text":"a\nb","what":"rates"}"#
        );
    }
}
