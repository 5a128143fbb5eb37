//! Documented operations as they are listed and shown.

use crate::end::{End, Result};
use crate::face::Format;
use kwhen_fetch::catalogue::{Catalogue, Documented, OperationKind, Shape};
use kwhen_fetch::rest::ENDPOINTS;
use kwhen_page::csv::Csv;
use kwhen_page::style::{FAINT, Palette, TITLE};
use kwhen_page::table::{Align, Table};
use kwhen_page::{fit, json};
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    kind: String,
    arguments: Vec<String>,
    returns: String,
    is_paged: bool,
}

fn listed(operation: &Documented) -> Listed<'_> {
    let arguments = operation.arguments.iter();
    Listed {
        name: &operation.name,
        kind: operation.kind.to_string(),
        arguments: arguments.map(|argument| format!("{}: {}", argument.name, argument.kind)).collect(),
        returns: operation.type_name.clone().unwrap_or_else(|| operation.returns.in_words()),
        is_paged: operation.is_paged(),
    }
}

/// A line for each.
pub(crate) fn list(operations: &[&Documented], format: Format, palette: Palette) -> Result<String> {
    let rows = operations.iter().map(|operation| listed(operation));
    match format {
        Format::Json => Ok(json(&rows.collect::<Vec<_>>())?),
        Format::Csv => {
            let mut csv = Csv::new(&["name", "kind", "arguments", "returns", "is_paged"]);
            rows.for_each(|row| {
                csv.row(&[
                    row.name.to_owned(),
                    row.kind,
                    row.arguments.join(", "),
                    row.returns,
                    row.is_paged.to_string(),
                ]);
            });
            Ok(csv.into_text())
        }
        Format::Text => {
            let mut table = Table::new(&[
                ("operation", Align::Left),
                ("", Align::Left),
                ("needs", Align::Left),
                ("returns", Align::Left),
            ]);
            for (row, operation) in rows.zip(operations) {
                let needed = operation.arguments.iter().filter(|argument| argument.is_needed());
                let needed: Vec<&str> = needed.map(|argument| argument.name.as_str()).collect();
                table.row([
                    row.name.to_owned().into(),
                    row.kind.into(),
                    needed.join(", ").into(),
                    row.returns.into(),
                ]);
            }
            Ok(fit(&table.render(palette), palette))
        }
    }
}

/// The documented paths of REST: a line for each.
pub(crate) fn paths(format: Format, palette: Palette) -> Result<String> {
    let rows = ENDPOINTS.iter().map(|endpoint| {
        let places = endpoint.places().map(|name| format!("{name} (needed)"));
        let asked = endpoint.parameters.iter().map(|parameter| {
            let seen = if parameter.is_documented { "" } else { "; seen in use" };
            format!("{} ({}{seen})", parameter.name, parameter.kind.in_words())
        });
        let method = if endpoint.makes() { "POST" } else { "GET" };
        let arguments: Vec<String> = places.chain(asked).collect();
        (endpoint, method, arguments)
    });
    match format {
        Format::Json => {
            let list: Vec<Value> = rows
                .map(|(endpoint, method, arguments)| {
                    serde_json::json!({"name": endpoint.name, "method": method, "path": endpoint.path,
                        "arguments": arguments, "needs_key": endpoint.needs_key, "about": endpoint.about})
                })
                .collect();
            Ok(json(&list)?)
        }
        Format::Csv => {
            let mut csv = Csv::new(&["name", "method", "path", "arguments", "needs_key", "about"]);
            rows.for_each(|(endpoint, method, arguments)| {
                csv.row(&[
                    endpoint.name,
                    method,
                    endpoint.path,
                    &arguments.join(", "),
                    if endpoint.needs_key { "true" } else { "false" },
                    endpoint.about,
                ]);
            });
            Ok(csv.into_text())
        }
        Format::Text => {
            let mut page = String::new();
            for (endpoint, method, arguments) in rows {
                let key = if endpoint.needs_key { ", with a key" } else { "" };
                page.push_str(&format!(
                    "{}: {}{key}\n  {method} {}\n",
                    palette.paint(TITLE, endpoint.name),
                    endpoint.about,
                    endpoint.path
                ));
                for argument in arguments {
                    page.push_str(&format!("  {argument}\n"));
                }
            }
            Ok(fit(&page, palette))
        }
    }
}

/// All that the documentation shows of one.
pub(crate) fn show(
    operation: &Documented,
    catalogue: &Catalogue,
    format: Format,
    palette: Palette,
) -> Result<String> {
    let words = |code: &String| (code.clone(), catalogue.error(code).unwrap_or_default().to_owned());
    let errors: Vec<(String, String)> = operation.errors.iter().map(words).collect();
    match format {
        Format::Csv => Err(End::usage("--format csv is of no use: one operation has no rows")),
        Format::Json => {
            let chosen = operation.returns.selection();
            let left_out: Map<String, Value> =
                chosen.left_out.into_iter().map(|(place, kind)| (place, kind.into())).collect();
            let errors: Map<String, Value> =
                errors.into_iter().map(|(code, words)| (code, words.into())).collect();
            let arguments: Vec<Value> = operation.arguments.iter().map(|argument| {
                serde_json::json!({ "name": argument.name, "type": argument.kind, "is_needed": argument.is_needed() })
            }).collect();
            Ok(json(&serde_json::json!({
                "name": operation.name,
                "kind": operation.kind.to_string(),
                "arguments": arguments,
                "returns": listed(operation).returns,
                "fields": shape(&operation.returns),
                "asked_for": chosen.text,
                "left_out": left_out,
                "is_paged": operation.is_paged(),
                "needs_key": operation.needs_key,
                "is_deprecated": operation.deprecated,
                "errors": errors,
            }))?)
        }
        Format::Text => {
            let mut page = format!(
                "{}\n{} that returns {}\n",
                palette.paint(TITLE, &operation.name),
                operation.kind,
                listed(operation).returns
            );
            let mut add = |line: String| {
                page.push_str(&line);
                page.push('\n');
            };
            if operation.deprecated {
                add("The documentation says that it is to be used no more.".to_owned());
            }
            if operation.kind == OperationKind::Mutation {
                add("It changes something: kwhen api call sends it with --yes alone.".to_owned());
            }
            if operation.needs_key {
                add("The documentation says that it needs a key.".to_owned());
            }
            if operation.is_paged() {
                add("It comes in pages, which are followed: --fields is about a row.".to_owned());
            }
            if !operation.arguments.is_empty() {
                add("\nArguments".to_owned());
                for argument in &operation.arguments {
                    let needed = if argument.is_needed() { ", needed" } else { "" };
                    add(format!("  {} ({}{needed})", argument.name, argument.kind));
                }
            }
            if operation.returns.has_fields() {
                add("\nFields".to_owned());
                match operation.returns.fields() {
                    [] => add(format!(
                        "  those of {}, which the documentation does not show",
                        operation.returns.in_words()
                    )),
                    _ => lines(&operation.returns, 1, &mut add),
                }
            }
            if !errors.is_empty() {
                add("\nErrors".to_owned());
                for (code, words) in &errors {
                    add(format!("  {} {words}", palette.paint(FAINT, code)));
                }
            }
            Ok(fit(&page, palette))
        }
    }
}

fn lines(returned: &Shape, depth: usize, add: &mut impl FnMut(String)) {
    for (name, inner) in returned.fields() {
        let indent = "  ".repeat(depth);
        if inner.fields().is_empty() {
            add(format!("{indent}{name} ({})", inner.in_words()));
        } else {
            add(format!("{indent}{name}"));
            lines(inner, depth + 1, add);
        }
    }
}

/// The shown fields as JSON: a leaf is its kind.
fn shape(returned: &Shape) -> Value {
    match returned {
        Shape::Leaf(kind) => kind.as_str().into(),
        Shape::List(inner) => Value::Array(inner.iter().map(shape).collect()),
        Shape::Object(_) => returned
            .fields()
            .iter()
            .map(|(name, inner)| (name.clone(), shape(inner)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// JSON with a line for each value, every digit of it as it came.
pub(crate) fn indented(text: &str) -> String {
    let mut page = String::with_capacity(text.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let mut marks = text.chars().peekable();
    let line = |page: &mut String, depth: usize| {
        page.push('\n');
        page.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(mark) = marks.next() {
        if in_text {
            page.push(mark);
            in_text = escaped || mark != '"';
            escaped = !escaped && mark == '\\';
            continue;
        }
        match mark {
            '"' => {
                in_text = true;
                page.push(mark);
            }
            '{' | '[' => {
                page.push(mark);
                while marks.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if let Some(end) = marks.next_if(|next| matches!(next, '}' | ']')) {
                    page.push(end);
                } else {
                    depth += 1;
                    line(&mut page, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut page, depth);
                page.push(mark);
            }
            ',' => {
                page.push(mark);
                line(&mut page, depth);
            }
            ':' => page.push_str(": "),
            mark if mark.is_ascii_whitespace() => {}
            mark => page.push(mark),
        }
    }
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn digits_and_text_stay_as_they_came() {
        let text = r#"{"a":[1.10,-0.0500e3 , "b: {,\\\"}"],"c":{ },"d":[]}"#;
        let page = indented(text);
        assert_eq!(
            page,
            "{\n  \"a\": [\n    1.10,\n    -0.0500e3,\n    \"b: {,\\\\\\\"}\"\n  ],\n  \"c\": {},\n  \"d\": []\n}\n"
        );
    }
}
