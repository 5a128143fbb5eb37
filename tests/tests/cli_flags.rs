//! A flag that is given is used or refused, never ignored: every pair of flags of every command.
//!
//! The flags are read from the command's own help. Each has a right value and a wrong one (`flags/table.rs`); a flag or a command that is
//! not there fails the test. Every flag is tried alone and of the pairs a twelfth, the same each time; `KWHEN_FLAGS=all` tries them all
//! (some 50,000 runs of the command), and who adds or changes a flag does that.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

#[path = "flags/fixture.rs"]
mod fixture;
#[path = "flags/table.rs"]
mod table;

use kwhen_fake_api::Server;
use kwhen_tests::command::{Outcome, executable, kwhen};
use kwhen_tests::repository;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use table::{MODES, Mode, Values, WITHOUT_EFFECT, values};

/// The subcommands and the flags that a command's help names.
fn named_by_help(command: &[&str]) -> (Vec<String>, Vec<String>) {
    let help = kwhen(command.iter().copied().chain(["--help"])).stdout_of_success();
    let (mut commands, mut flags, mut in_commands) = (Vec::new(), Vec::new(), false);
    for line in help.lines() {
        if !line.starts_with(' ') {
            in_commands = line == "Commands:";
            continue;
        }
        let words = line.trim_start();
        let word = words.split(' ').next().unwrap_or("");
        if in_commands && line.starts_with("  ") && !line.starts_with("   ") && word != "help" {
            commands.push(word.to_owned());
        }
        let indented = line.len() - words.len();
        let long = words.split([' ', ',']).find(|word| word.starts_with("--") && word.len() > 2);
        if let Some(flag) = long.filter(|_| words.starts_with('-') && (2..=6).contains(&indented)) {
            flags.push(flag.trim_end_matches("...").to_owned());
        }
    }
    // --ask and --config stand for the other flags: what they hold is read as those are.
    flags.retain(|flag| !["--help", "--version", "--ask", "--config"].contains(&flag.as_str()));
    flags.sort();
    flags.dedup();
    (commands, flags)
}

/// Every command that does something.
fn commands() -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let (deeper, flags) = named_by_help(&words.iter().map(String::as_str).collect::<Vec<_>>());
        // `batch` has commands under it and does something itself.
        if !words.is_empty() && (deeper.is_empty() || flags.iter().any(|flag| flag == "--out")) {
            found.push(words.join(" "));
        }
        open.extend(deeper.into_iter().map(|word| words.iter().cloned().chain([word]).collect()));
    }
    found
}

struct Runner {
    data: tempfile::TempDir,
    server: String,
    runs: AtomicUsize,
}

impl Runner {
    /// Runs a mode with flags laid over those of its base.
    fn run(&self, mode: &Mode, flags: &[(&str, Option<&str>)]) -> Outcome {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let own = self.data.path().join(format!("run-{number}"));
        let base: Vec<&str> = mode.base.split_whitespace().collect();
        let mut arguments: Vec<&str> = mode.command.split(' ').collect();
        let mut place = 0;
        while place < base.len() {
            let takes = base[place].starts_with("--")
                && base.get(place + 1).is_some_and(|next| !next.starts_with("--"));
            let end = place + 1 + usize::from(takes);
            if !flags.iter().any(|(flag, _)| *flag == base[place]) {
                arguments.extend(&base[place..end]);
            }
            place = end;
        }
        for (flag, value) in flags {
            arguments.push(flag);
            arguments.extend(*value);
        }
        // Plans of a fleet that are not proven are looked for as long as they may be.
        let has = |wanted: &str| flags.iter().any(|(flag, _)| *flag == wanted);
        if (has("--appliance") || has("--thermal")) && !has("--budget") && mode.command != "compare" {
            arguments.extend(["--budget", "500ms"]);
        }
        let (data, run) = (self.data.path().display().to_string(), own.display().to_string());
        let arguments: Vec<String> = arguments
            .iter()
            .map(|word| {
                word.replace("{data}", &data).replace("{run}", &run).replace("{server}", &self.server)
            })
            .collect();
        let writes = arguments.iter().any(|word| word.starts_with(&run));
        if writes {
            std::fs::create_dir(&own).unwrap();
        }
        if arguments.iter().any(|word| word.ends_with("whole.db")) {
            std::fs::copy(self.data.path().join("whole.db"), own.join("whole.db")).unwrap();
        }
        let output = Command::new(executable())
            .args(&arguments)
            .current_dir(repository())
            .env_remove("NO_COLOR")
            .env_remove("KWHEN_API_KEY")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&run, "{run}");
        let mut made = Outcome {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        };
        if writes {
            made.stdout.push_str(&fixture::held(&own));
            std::fs::remove_dir_all(&own).unwrap();
        }
        made
    }
}

fn may_be_without_effect(command: &str, flag: &str, companion: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|(of, name, with, _)| {
        (*of == "*" || *of == command) && *name == flag && (*with == "*" || *with == companion)
    })
}

fn right(command: &str, flag: &str) -> Option<&'static str> {
    match values(command, flag) {
        Some(Values::Of(right, _)) => Some(right),
        _ => None,
    }
}

/// A mode with each of its flags alone.
struct Tried<'a> {
    mode: &'a Mode,
    flags: Vec<String>,
    /// What came of each.
    alone: Vec<Outcome>,
    /// Those whose wrong value clap itself does not refuse, with that value: it refuses in any company, before anything else is done.
    wrong: Vec<(usize, &'static str)>,
}

fn fault(mode: &Mode, what: &str) -> String {
    format!("{} {}\n    {what}", mode.command, mode.base)
}

/// Whether a run that was refused says why.
fn told(made: &Outcome) -> bool {
    made.stderr.lines().any(|line| line.contains("error:")) && !made.stderr.contains("panicked")
}

/// Tries a mode with each of its flags alone; what is wrong with that, and nothing more where the mode does not work.
fn alone<'a>(runner: &Runner, mode: &'a Mode, flags: Vec<String>) -> (Option<Tried<'a>>, Vec<String>) {
    let command = mode.command;
    let mut faults = Vec::new();
    let mut add = |what: String| faults.push(fault(mode, &what));
    let base = runner.run(mode, &[]);
    if base.code != 0 {
        add(format!("does not work: {}", base.stderr));
        return (None, faults);
    }
    let (mut alone, mut wrong) = (Vec::new(), Vec::new());
    for (place, flag) in flags.iter().enumerate() {
        let made = runner.run(mode, &[(flag, right(command, flag))]);
        if made.code == 0 && (&made.stdout, &made.stderr) == (&base.stdout, &base.stderr) {
            let stands = mode.base.split_whitespace().any(|word| word == flag);
            if !stands && !may_be_without_effect(command, flag, "") {
                add(format!("{flag} changes nothing"));
            }
        } else if made.code != 0 && made.code != 1 && made.code != 2 {
            add(format!("{flag}: exit {}: {}", made.code, made.stderr));
        }
        if let Some(Values::Of(_, bad)) = values(command, flag) {
            let refused = runner.run(mode, &[(flag, Some(bad))]);
            if refused.code == 0 || !told(&refused) {
                add(format!("{flag} {bad}: exit {}: {}", refused.code, refused.stderr));
            }
            if !refused.stderr.starts_with("error: invalid value") {
                wrong.push((place, bad));
            }
        }
        alone.push(made);
    }
    (Some(Tried { mode, flags, alone, wrong }), faults)
}

/// Whether a pair of flags is tried: all are where `KWHEN_FLAGS` says so, a twelfth of them otherwise.
fn is_tried(mode: &Mode, one: &str, other: &str) -> bool {
    let mut hasher = DefaultHasher::new();
    (mode.command, mode.base, one, other).hash(&mut hasher);
    std::env::var_os("KWHEN_FLAGS").is_some_and(|which| which == "all") || hasher.finish().is_multiple_of(12)
}

/// What is wrong with one flag of a mode beside each other: with its wrong value beside all, with its right one beside those after it.
fn beside(runner: &Runner, tried: &Tried<'_>, place: usize) -> Vec<String> {
    let Tried { mode, flags, alone, wrong } = tried;
    let (command, one) = (mode.command, &flags[place]);
    let mut faults = Vec::new();
    let mut add = |what: String| faults.push(fault(mode, &what));
    for (_, bad) in wrong.iter().filter(|(flag, _)| *flag == place) {
        for other in flags.iter().filter(|other| *other != one && is_tried(mode, one, other)) {
            let made = runner.run(mode, &[(other, right(command, other)), (one, Some(bad))]);
            if made.code == 0 || !told(&made) {
                add(format!("{one} {bad} beside {other}: exit {}: {}", made.code, made.stderr));
            }
        }
    }
    let after = flags.iter().enumerate().skip(place + 1);
    for (beyond, other) in after.filter(|(_, other)| is_tried(mode, one, other)) {
        // Where each is refused alone nothing says what one of them would have changed.
        if alone[place].code != 0 && alone[beyond].code != 0 {
            continue;
        }
        let made = runner.run(mode, &[(one, right(command, one)), (other, right(command, other))]);
        if made.code != 0 {
            if !told(&made) || !(1..=2).contains(&made.code) {
                add(format!("{one} and {other}: exit {}: {}", made.code, made.stderr));
            }
            continue;
        }
        for (flag, companion, before) in [(other, one, &alone[place]), (one, other, &alone[beyond])] {
            let same = before.code == 0 && (&made.stdout, &made.stderr) == (&before.stdout, &before.stderr);
            let stands = mode.base.split_whitespace().any(|word| word == flag);
            let never = may_be_without_effect(command, flag, "");
            if same && !stands && !never && !may_be_without_effect(command, flag, companion) {
                add(format!("{flag} changes nothing beside {companion}"));
            }
        }
    }
    faults
}

/// Works through a list on twice as many threads as there are cores: a run waits for its files too.
fn on_all_cores<T: Sync>(work: &[T], each: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, |threads| threads.get() * 2) {
            scope.spawn(|| {
                while let Some(one) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    each(one);
                }
            });
        }
    });
}

#[test]
fn every_flag_of_every_command_is_used_or_refused_beside_every_other() {
    let server = Server::start().unwrap();
    let runner =
        Runner { data: tempfile::tempdir().unwrap(), server: server.url(), runs: AtomicUsize::new(0) };
    fixture::make(runner.data.path());
    let found: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let add = |more: Vec<String>| found.lock().unwrap().extend(more);
    let mut work: Vec<(&Mode, Vec<String>)> = Vec::new();
    // For whoever writes a command: `KWHEN_FLAGS_OF=bill` tries its flags alone.
    let only = std::env::var_os("KWHEN_FLAGS_OF");
    let wanted = |command: &&String| only.as_ref().is_none_or(|only| only == command.as_str());
    for command in commands().iter().filter(wanted) {
        let (_, flags) = named_by_help(&command.split(' ').collect::<Vec<_>>());
        let unknown = flags.iter().filter(|flag| values(command, flag).is_none());
        add(unknown.map(|flag| format!("{command}: {flag} has no values in tests/flags/table.rs")).collect());
        let known: Vec<String> =
            flags.iter().filter(|flag| values(command, flag).is_some()).cloned().collect();
        let modes: Vec<&Mode> = MODES.iter().filter(|mode| mode.command == command).collect();
        if modes.is_empty() {
            add(vec![format!("{command}: has no run in tests/flags/table.rs")]);
        }
        work.extend(modes.into_iter().map(|mode| (mode, known.clone())));
    }
    let tried: Mutex<Vec<Tried<'_>>> = Mutex::new(Vec::new());
    on_all_cores(&work, |(mode, flags)| {
        let (alone, faults) = alone(&runner, mode, flags.clone());
        tried.lock().unwrap().extend(alone);
        add(faults);
    });
    let tried = tried.into_inner().unwrap();
    let pairs: Vec<(&Tried<'_>, usize)> =
        tried.iter().flat_map(|tried| (0..tried.flags.len()).map(move |place| (tried, place))).collect();
    on_all_cores(&pairs, |(tried, place)| add(beside(&runner, tried, *place)));
    let found = found.into_inner().unwrap();
    eprintln!("{} runs", runner.runs.load(Ordering::Relaxed));
    assert!(found.is_empty(), "{} faults\n{}", found.len(), found.join("\n"));
}
