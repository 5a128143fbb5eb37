//! The catalogue of documented operations beside a second reading of the documentation. Where the documentation is not at hand (the folder
//! that `KWHEN_API_DOCUMENTS` names, or `../shared/api` beside the repository), what the catalogue says of itself is checked alone.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

use kwhen_fetch::api::ApiCall;
use kwhen_fetch::catalogue::{Catalogue, Documented, OperationKind};
use kwhen_fetch::protocol::{Operation, Response, Session, Settings};
use kwhen_fetch::rest::ENDPOINTS;
use kwhen_fetch::{Error, Instance};
use kwhen_tests::repository;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

const DATA: &str = "crates/kwhen-fetch/catalogue/operations.json";

fn documents() -> Option<[PathBuf; 2]> {
    let folder = std::env::var_os("KWHEN_API_DOCUMENTS")
        .map_or_else(|| repository().join("../shared/api"), PathBuf::from);
    let files = ["kraken-graphql-queries.txt", "kraken-graphql-mutations.txt"].map(|name| folder.join(name));
    if files.iter().all(|file| file.exists()) {
        Some(files)
    } else {
        eprintln!("{}: no documentation is there; the comparison with it is skipped", folder.display());
        None
    }
}

fn python(script: &str, files: &[PathBuf; 2]) -> String {
    let output = Command::new("python3").arg(repository().join(script)).args(files).output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn line(operation: &Documented) -> String {
    let arguments = operation.arguments.iter().map(|one| format!("{}:{}", one.name, one.kind));
    let mut arguments: Vec<String> = arguments.collect();
    arguments.sort();
    let codes: BTreeSet<&str> = operation.errors.iter().map(String::as_str).collect();
    let codes: Vec<&str> = codes.into_iter().collect();
    format!("{} {} ({}) [{}]", operation.kind, operation.name, arguments.join(","), codes.join(" "))
}

#[test]
fn it_is_what_the_documentation_says_by_two_readings() {
    let Some(files) = documents() else { return };
    let made = python("crates/kwhen-fetch/catalogue/make.py", &files);
    assert_eq!(
        made,
        std::fs::read_to_string(repository().join(DATA)).unwrap(),
        "{DATA} is not as it is made"
    );
    let read = python("tests/catalogue/parse.py", &files);
    let operations = Catalogue::documented().unwrap().operations();
    let lines: Vec<String> = operations.iter().map(line).collect();
    for (ours, theirs) in lines.iter().zip(read.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(lines.len(), read.lines().count());
}

#[test]
fn it_holds_all_operations_and_little_else() {
    let catalogue = Catalogue::documented().unwrap();
    let count = |kind| catalogue.operations().iter().filter(|one| one.kind == kind).count();
    assert_eq!((count(OperationKind::Query), count(OperationKind::Mutation)), (142, 170));
    assert_eq!(catalogue.errors().count(), 233);
    let names: BTreeSet<&str> = catalogue.operations().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), 312, "no name stands for two operations");
    let codes: BTreeSet<&str> =
        catalogue.operations().iter().flat_map(|one| &one.errors).map(String::as_str).collect();
    assert_eq!(
        codes,
        catalogue.errors().map(|(code, _)| code).collect(),
        "each code belongs to an operation"
    );
    assert!(std::fs::metadata(repository().join(DATA)).unwrap().len() < 300_000);
    // By hand, from the documentation.
    let known = catalogue.find("applicableRates").unwrap();
    assert!(known.is_paged() && line(known).contains("mpxn:String!,startAt:DateTime!)"));
    assert_eq!(catalogue.error("KT-CT-4301"), Some("Unable to find device for given account."));
    assert!(catalogue.find("devices").unwrap().kind == OperationKind::Query);
    assert_eq!(catalogue.operations().iter().filter(|one| one.is_paged()).count(), 10);
}

/// A value of any argument's type.
fn value(kind: &str) -> Value {
    let kind = kind.trim_end_matches('!');
    if let Some(inner) = kind.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        return json!([value(inner)]);
    }
    match kind {
        "Int" => json!(1),
        "Float" => json!(1.5),
        "Boolean" => json!(true),
        "Date" => json!("2026-03-01"),
        "DateTime" | "TZAwareDateTime" => json!("2026-03-01T00:00:00Z"),
        name if name.contains("Input") || name.ends_with("Parameters") || name.ends_with("Update") => {
            json!({})
        }
        _ => json!("ONE"),
    }
}

#[test]
fn every_operation_can_be_called_with_all_its_arguments() {
    for operation in Catalogue::documented().unwrap().operations() {
        let all = operation
            .arguments
            .iter()
            .filter(|one| !matches!(one.name.as_str(), "after" | "before" | "last"));
        let all: Map<String, Value> = all.map(|one| (one.name.clone(), value(&one.kind))).collect();
        let call = match ApiCall::new(operation, all.clone(), None, None) {
            Ok(call) => call,
            // The documentation shows no field that could be asked for: that is said.
            Err(error) => {
                assert!(error.to_string().contains("--fields"), "{}: {error}", operation.name);
                ApiCall::new(operation, all.clone(), Some("__typename"), None).unwrap()
            }
        };
        let document = call.document();
        for (name, brackets) in [("()", ['(', ')']), ("{}", ['{', '}'])] {
            let [open, close] = brackets.map(|bracket| document.matches(bracket).count());
            assert_eq!(open, close, "{name} of {document}");
        }
        assert!(document.starts_with(&format!("{} ", operation.kind)), "{document}");
        for one in &operation.arguments {
            if all.contains_key(&one.name) {
                assert!(document.contains(&format!("${}: {}", one.name, one.kind)), "{document}");
                assert!(document.contains(&format!("{}: ${}", one.name, one.name)), "{document}");
            }
        }
        // One that must be given is missed.
        for one in operation.arguments.iter().filter(|one| one.is_needed()) {
            let mut less = all.clone();
            less.remove(&one.name);
            let error = ApiCall::new(operation, less, Some("id"), None).unwrap_err();
            assert!(error.to_string().contains(&format!("needs {}", one.name)), "{error}");
        }
    }
}

/// What an error of a code is read as.
fn read_as(code: &str) -> Error {
    let session = Session::new(Settings::new(Instance::great_britain()));
    let operation = Catalogue::documented().unwrap().find("rateLimit").unwrap();
    let mut call = ApiCall::new(operation, Map::new(), None, None).unwrap();
    let body = json!({"data": null, "errors": [{"message": "No.", "extensions": {"errorCode": code}}]});
    let response = Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() };
    call.accept(&session, &response).unwrap_err()
}

#[test]
fn what_is_not_found_or_not_allowed_is_told_as_that() {
    let (mut not_found, mut unauthorised) = (0, 0);
    for (code, words) in Catalogue::documented().unwrap().errors() {
        let (error, plain) = (read_as(code), words.to_ascii_lowercase());
        if plain.contains("not found") || plain.contains("unable to find") {
            assert!(error.is_not_found(), "{code} {words}: {error:?}");
            not_found += 1;
        }
        if plain == "unauthorized." {
            assert!(error.is_unauthorised(), "{code} {words}: {error:?}");
            unauthorised += 1;
        }
        assert!(error.to_string().contains(words.trim_end_matches('.')), "{code}: {error}");
    }
    assert_eq!((not_found, unauthorised), (18, 24));
}

/// Every path of REST that the documentation shows is in the table with its parameters, and nothing else that is not marked.
#[test]
fn every_documented_path_of_rest_is_there_with_its_parameters() {
    let Some([queries, _]) = documents() else { return };
    let text = std::fs::read_to_string(queries.with_file_name("octopus-rest.txt")).unwrap();
    // Paths that stand together share what follows.
    let (mut found, mut open, mut last_was_path) =
        (BTreeMap::<String, BTreeSet<String>>::new(), Vec::new(), false);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let path = line.strip_prefix("GET ").or_else(|| line.strip_prefix("POST "));
        if let Some(path) = path.filter(|path| path.starts_with("/v1/")) {
            if !last_was_path {
                open.clear();
            }
            let path = path.replace('<', "{").replace('>', "}");
            found.entry(path.clone()).or_default();
            open.push((path, line.starts_with("GET ")));
            last_was_path = true;
            continue;
        }
        last_was_path = false;
        let parameter = line.split_once(" (").filter(|(name, kind)| {
            let named = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            named && ["boolean", "datetime", "int", "string"].iter().any(|known| kind.starts_with(known))
        });
        if let Some((name, _)) = parameter {
            for (path, _) in open.iter().filter(|(_, reads)| *reads) {
                found.get_mut(path).unwrap().insert(name.to_owned());
            }
        }
    }
    assert_eq!(found.len(), 16, "{found:?}");
    let mut table = BTreeMap::<String, BTreeSet<String>>::new();
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.name != "account") {
        let documented = endpoint.parameters.iter().filter(|one| one.is_documented);
        table.insert(endpoint.path.to_owned(), documented.map(|one| one.name.to_owned()).collect());
    }
    assert_eq!(table, found);
}
