//! The book: `docs/SUMMARY.md` lists every page of `docs`, and every link of a page leads somewhere.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_tests::repository;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The pages under a folder, from the root of the repository.
fn pages(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join(folder)).expect(folder);
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".md")).map(|name| Path::new(folder).join(name)).collect()
}

fn text(page: &Path) -> String {
    std::fs::read_to_string(repository().join(page))
        .unwrap_or_else(|error| panic!("{}: {error}", page.display()))
}

/// Where the links of a page lead, blocks of code left out.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let mut rest = line;
        while let Some((_, behind)) = rest.split_once("](") {
            let Some((target, after)) = behind.split_once(')') else { break };
            found.push(target.to_owned());
            rest = after;
        }
    }
    found
}

/// The name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|mark| mark.is_alphanumeric() || [' ', '-', '_'].contains(mark));
    kept.map(|mark| if mark == ' ' { '-' } else { mark }).collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).collect()
}

#[test]
fn every_page_stands_in_the_summary_once() {
    let listed = links(&text(Path::new("docs/SUMMARY.md")));
    for target in &listed {
        assert!(repository().join("docs").join(target).is_file(), "docs/SUMMARY.md: {target}");
        assert_eq!(
            listed.iter().filter(|other| *other == target).count(),
            1,
            "docs/SUMMARY.md: {target} twice"
        );
    }
    let written = pages("docs").into_iter().chain(pages("docs/decisions"));
    for page in written.filter(|page| !page.ends_with("SUMMARY.md")) {
        let name = page.strip_prefix("docs").unwrap().to_str().unwrap();
        assert!(listed.iter().any(|target| target == name), "docs/SUMMARY.md does not list {name}");
    }
    let book = text(Path::new("book.toml"));
    assert!(book.contains("src = \"docs\""), "{book}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    let other = ["README.md", "crates/README.md", "data/README.md"].map(PathBuf::from);
    for page in pages("docs").into_iter().chain(pages("docs/decisions")).chain(other) {
        for target in links(&text(&page)) {
            if target.starts_with("https://") || target.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (path, name) = target.split_once('#').unwrap_or((&target, ""));
            let there = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(repository().join(&there).exists(), "{}: {target} leads nowhere", page.display());
            if !name.is_empty() {
                assert!(
                    anchors(&text(&there)).contains(name),
                    "{}: no heading is called {target}",
                    page.display()
                );
            }
        }
    }
    assert!(seen > 50, "{seen} links");
}
