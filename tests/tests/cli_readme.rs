//! Every command that the documents show gives the output that they show.
//!
//! In a fenced block marked `console`, a line that starts with `$ ` is run from the root of the repository and the lines up to the
//! next one are its output, standard error after standard output. A line of `...` stands for any number of lines.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::command::shell;
use kwhen_tests::repository;

const DOCUMENTS: [&str; 9] = [
    "README.md",
    "data/README.md",
    "docs/agent.md",
    "docs/billing-rules.md",
    "docs/choice.md",
    "docs/concepts.md",
    "docs/forecasting.md",
    "docs/recipes.md",
    "docs/start.md",
];

struct Example {
    document: &'static str,
    row: usize,
    command: String,
    output: Vec<String>,
}

fn examples(document: &'static str) -> Vec<Example> {
    let Ok(text) = std::fs::read_to_string(repository().join(document)) else { return Vec::new() };
    let mut found: Vec<Example> = Vec::new();
    let mut inside = false;
    for (row, line) in (1..).zip(text.lines()) {
        match line.trim_end() {
            "```console" => inside = true,
            line if line.starts_with("```") => inside = false,
            line if inside => match line.strip_prefix("$ ") {
                Some(command) => {
                    let command = command.to_owned();
                    found.push(Example { document, row, command, output: Vec::new() });
                }
                None => {
                    found.last_mut().expect("a console block starts with a command").output.push(line.into());
                }
            },
            _ => {}
        }
    }
    // Blank lines before the next command or the fence only set things apart.
    for example in &mut found {
        while example.output.last().is_some_and(String::is_empty) {
            example.output.pop();
        }
    }
    found
}

/// Whether lines match a pattern in which `...` stands for any number of lines.
fn matches(pattern: &[String], lines: &[&str]) -> bool {
    match pattern.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first == "..." => (0..=lines.len()).any(|skip| matches(rest, &lines[skip..])),
        Some((first, rest)) => {
            lines.split_first().is_some_and(|(line, lines)| line == first && matches(rest, lines))
        }
    }
}

#[test]
fn documents_show_what_the_command_prints() {
    for example in DOCUMENTS.into_iter().flat_map(examples) {
        let outcome = shell(&example.command);
        let printed = outcome.stdout + &outcome.stderr;
        let mut lines: Vec<&str> = printed.lines().map(str::trim_end).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        assert!(
            matches(&example.output, &lines),
            "{}, row {}: `{}` now prints:\n{printed}",
            example.document,
            example.row,
            example.command
        );
    }
}

#[test]
fn an_ellipsis_stands_for_lines() {
    let pattern: Vec<String> = ["a", "...", "d"].map(str::to_owned).into();
    assert!(matches(&pattern, &["a", "b", "c", "d"]) && matches(&pattern, &["a", "d"]));
    assert!(!matches(&pattern, &["a", "b"]) && !matches(&pattern, &["b", "d"]));
}
