//! Processes of the command: a scheduler, executors, clients.
#![allow(clippy::disallowed_methods, reason = "processes are waited for, but not for ever")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here may take longer.
const DEADLINE: Duration = Duration::from_secs(240);

/// What a process finds in its environment.
pub(crate) type Environment<'a> = &'a [(&'a str, &'a str)];

/// The command, in an environment in which nothing else says where and by what right objects are stored.
pub(crate) fn command(environment: Environment<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kwhen-cluster"));
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with("AWS_") || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command.envs(environment.iter().copied());
    command
}

/// A process that dies with the test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Starts the command and gives the first line that it prints.
    fn start(arguments: &[&str], environment: Environment<'_>) -> (Self, String) {
        let mut command = command(environment);
        let mut process = Self(command.args(arguments).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        (process, line.trim().to_owned())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn wait_until(what: &str, began: Instant, mut done: impl FnMut() -> bool) {
    while !done() {
        assert!(began.elapsed() < DEADLINE, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) struct Cluster {
    pub(crate) scheduler: Process,
    pub(crate) address: String,
    pub(crate) executors: Vec<(Process, PathBuf)>,
}

impl Cluster {
    /// A scheduler and two executors.
    pub(crate) fn start(folder: &Path, began: Instant) -> Self {
        Self::start_in(folder, began, &[], &[("one", &[]), ("two", &[])])
    }

    /// The same with an environment for the scheduler and for each executor.
    pub(crate) fn start_in(
        folder: &Path,
        began: Instant,
        of_scheduler: Environment<'_>,
        of_executors: &[(&str, Environment<'_>)],
    ) -> Self {
        let arguments = ["scheduler", "--port", "0", "--executor-timeout", "5"];
        let (scheduler, line) = Process::start(&arguments, of_scheduler);
        let address = line.strip_prefix("scheduler on ").unwrap().to_owned();
        let mut executors = Vec::new();
        for (name, environment) in of_executors {
            let work = folder.join(name);
            std::fs::create_dir(&work).unwrap();
            let work_folder = work.to_str().unwrap();
            let arguments = ["executor", "--scheduler", &address, "--tasks", "1", "--heartbeat", "1"];
            let arguments = [&arguments[..], &["--work-folder", work_folder]].concat();
            let (executor, line) = Process::start(&arguments, environment);
            let address =
                line.strip_prefix("executor on ").and_then(|line| line.split(',').next()).unwrap().to_owned();
            wait_until("an executor", began, || std::net::TcpStream::connect(&address).is_ok());
            executors.push((executor, work));
        }
        Self { scheduler, address, executors }
    }
}

/// Files that an executor has written for later stages.
pub(crate) fn results(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |entry: std::fs::DirEntry| if entry.path().is_dir() { results(&entry.path()) } else { 1 };
    entries.filter_map(Result::ok).map(count).sum()
}
