//! Processes beside a test, and waiting for what they do.

#![allow(clippy::disallowed_methods, reason = "a process runs by the time of day")]

use crate::command::executable;
use crate::folder::Folder;
use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process of a test's own, ended with it.
pub struct Process(pub Child);

impl Process {
    /// A line of the command, which goes on beside the test, with its log in a file of the folder.
    #[must_use]
    pub fn begin(folder: &Folder, line: &str, log: &str) -> Self {
        let log = File::create(folder.at(log)).expect("a log");
        let mut command = Command::new(executable());
        command.args(folder.words(line)).env("KWHEN_CONFIG", "none").stdin(Stdio::null()).stderr(log);
        Self(command.spawn().expect("the command"))
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Waits for a minute at most.
///
/// # Panics
/// It did not come.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A port that nobody listens at.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
