//! Runs the built `kwhen` command as a user runs it.

use crate::repository;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Whose file of defaults is read: none, so that a run is the same on every machine.
const CONFIG: &str = "KWHEN_CONFIG";

/// What a run of the command gave.
#[derive(Debug)]
pub struct Outcome {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
}

impl Outcome {
    /// Standard output of a run that must have succeeded and complained of nothing.
    #[must_use]
    #[track_caller]
    pub fn stdout_of_success(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// Standard output of a run that must have succeeded, as JSON.
    #[must_use]
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let stdout = self.stdout_of_success();
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"))
    }

    /// The message of a run that must have failed with exit code 1, one line on standard error and nothing on standard output.
    #[must_use]
    #[track_caller]
    pub fn refusal(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (1, ""), "{}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// The cargo that runs this test, without what it says of this package: a build of the same crates under other such variables would
/// begin anew with those that read them (ring), and with all above them.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let of_this_package = |name: &OsStr| {
        name.to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| of_this_package(name)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(repository());
    cargo
}

/// The path of the command, built by the same cargo and profile as the test, if it is not built yet.
#[must_use]
pub fn executable() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = cargo();
        // The whole workspace's features, as in its tests: what they built is not built again.
        build.args(["build", "--quiet", "--workspace", "--bin", "kwhen", "--message-format=json"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let output = build.stderr(Stdio::inherit()).output();
        let output = output.unwrap_or_else(|error| panic!("cargo cannot be run: {error}"));
        assert!(output.status.success(), "kwhen-cli does not build");
        let messages = String::from_utf8_lossy(&output.stdout);
        let built = messages.lines().rev().find_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message.get("executable")?.as_str().map(PathBuf::from)
        });
        built.unwrap_or_else(|| panic!("cargo named no executable: {messages}"))
    })
}

/// Runs `kwhen` with arguments in the root of the repository, standard input empty.
#[track_caller]
pub fn kwhen<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Outcome {
    kwhen_with(arguments, b"", &[])
}

/// Runs a line of arguments, none of which has a space in it.
#[must_use]
#[track_caller]
pub fn run(line: &str) -> Outcome {
    kwhen(line.split_whitespace())
}

/// The answer of a line that succeeded and complained of nothing.
#[must_use]
#[track_caller]
pub fn json(line: &str) -> serde_json::Value {
    run(&format!("{line} --format json")).json()
}

/// Runs `kwhen` with arguments, standard input and environment variables.
#[track_caller]
pub fn kwhen_with<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(
    arguments: I,
    stdin: &[u8],
    environment: &[(&str, &str)],
) -> Outcome {
    let mut command = Command::new(executable());
    command.args(arguments).env(CONFIG, "none").envs(environment.iter().copied());
    finish(command, stdin)
}

/// Runs a line of shell in the root of the repository, `kwhen` being the built command.
#[track_caller]
pub fn shell(line: &str) -> Outcome {
    let folder = executable().parent().unwrap_or(Path::new(""));
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&inherited));
    let path = std::env::join_paths(folders).unwrap_or_else(|error| panic!("PATH: {error}"));
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("PATH", path).env(CONFIG, "none");
    finish(command, b"")
}

fn finish(mut command: Command, stdin: &[u8]) -> Outcome {
    command.current_dir(repository()).env_remove("NO_COLOR");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pipe = child.stdin.take();
    let output = std::thread::scope(|scope| {
        // Written beside the reading, so that neither side waits for the other; a command that reads no input closes the pipe.
        scope.spawn(move || pipe.map(|mut pipe| pipe.write_all(stdin)));
        child.wait_with_output()
    });
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let made = Outcome {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    };
    // Every answer in JSON of every test is held to its schema.
    if made.code == 0 && command.get_program() == executable() {
        let fault = crate::contract::fault(command.get_args(), &made.stdout);
        assert_eq!(fault, None, "{command:?}: {}", made.stdout);
    }
    made
}
