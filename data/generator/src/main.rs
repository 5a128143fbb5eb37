//! `cargo run -p kwhen-data-generator -- generate [--out data]` writes the sample; `-- check [--out data]` compares.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kwhen_data_generator::summary::summary;
use kwhen_data_generator::table::{SEED, Sample};

const USAGE: &str =
    "usage: kwhen-data-generator generate|check [--out FOLDER]   (FOLDER is `data` by default)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (action, out) = match words.as_slice() {
        [action] => (*action, PathBuf::from("data")),
        [action, "--out", folder] => (*action, PathBuf::from(folder)),
        _ => ("", PathBuf::new()),
    };
    let done = match action {
        "generate" => generate(&out),
        "check" => check(&out),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn generate(out: &Path) -> Result<(), String> {
    let sample = Sample::new(SEED);
    for table in sample.tables() {
        let path = out.join(table.name);
        std::fs::write(&path, &table.text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} bytes", path.display(), table.text.len());
    }
    print!("\n{}", summary(&sample));
    Ok(())
}

fn check(out: &Path) -> Result<(), String> {
    for table in Sample::new(SEED).tables() {
        let path = out.join(table.name);
        let held = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some((row, made, found)) = first_difference(&table.text, &held) {
            return Err(format!("{}: row {row} is {found:?}, the generator makes {made:?}", path.display()));
        }
        println!("{}: the same", path.display());
    }
    Ok(())
}

/// The first row that differs: its number from 1, the one made and the one held.
fn first_difference<'a>(made: &'a str, held: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if made == held {
        return None;
    }
    let (mut made, mut held) = (made.split('\n'), held.split('\n'));
    let mut row = 0;
    loop {
        row += 1;
        match (made.next(), held.next()) {
            (Some(made), Some(held)) if made == held => {}
            (made, held) => return Some((row, made.unwrap_or_default(), held.unwrap_or_default())),
        }
    }
}
