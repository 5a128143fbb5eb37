//! `kwhen run` over sealed lines: a real broker behind TLS, and Home Assistant's address with it, each where its authority is trusted and where not.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may fail, and a process runs by the time of day"
)]

use chrono::{DateTime, TimeDelta, Utc};
use kwhen_tests::folder::Folder;
use kwhen_tests::process::{Process, free_port, wait_for};
use std::fs::File;
use std::net::TcpStream;
use std::process::{Command, Stdio};

const HOME: &str = "run --rates @/rates.csv --state @/state.json";

/// Rates of six days about today, readings of the first two, and the certificates of an authority that nobody knows and of a host by its word.
fn folder() -> Folder {
    let now: DateTime<Utc> = std::time::SystemTime::now().into();
    let midnight = now.date_naive().and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::days(2);
    let (mut rates, mut load) = ("start,rate\n".to_owned(), "start,kwh\n".to_owned());
    for number in 0..6 * 48 {
        let start = midnight + TimeDelta::minutes(30 * number);
        let row = format!("{},{}\n", start.format("%Y-%m-%dT%H:%M:%SZ"), number % 48);
        rates.push_str(&row);
        load.push_str(if number < 2 * 48 { &row } else { "" });
    }
    let folder = Folder::of([
        ("rates.csv", rates.into_bytes()),
        ("load.csv", load.into_bytes()),
        ("names", b"subjectAltName=DNS:localhost\n".to_vec()),
    ]);
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let authority = "-addext basicConstraints=critical,CA:TRUE";
    for line in [
        format!("req -x509 {key} -keyout @/ca.key -out @/ca.pem -days 2 -subj /CN=authority {authority}"),
        format!("req {key} -keyout @/host.key -out @/host.csr -subj /CN=localhost"),
        "x509 -req -in @/host.csr -CA @/ca.pem -CAkey @/ca.key -CAcreateserial -out @/host.pem -days 2 -extfile @/names".to_owned(),
    ] {
        let output = Command::new("openssl").args(folder.words(&line)).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    folder
}

/// The agent beside it, with its log in a file.
fn agent(folder: &Folder, more: &str, log: &str) -> Process {
    Process::begin(folder, &format!("{HOME} {more}"), log)
}

fn logged(folder: &Folder, log: &str, words: &str) {
    let path = folder.path().join(log);
    let text = || std::fs::read_to_string(&path).unwrap_or_default();
    wait_for(&format!("{words:?} in {log}"), || text().contains(words).then_some(()));
}

fn are_here(programs: &[(&str, &str)]) -> bool {
    let missing = programs.iter().find(|(program, word)| Command::new(program).arg(word).output().is_err());
    if let Some((program, _)) = missing {
        eprintln!("skipped: {program} is not here");
    }
    missing.is_none() && cfg!(unix)
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_broker_behind_tls_is_spoken_to_where_its_authority_is_trusted() {
    if !are_here(&[("mosquitto", "-h"), ("mosquitto_sub", "--help"), ("openssl", "version")]) {
        return;
    }
    let (folder, port) = (folder(), free_port());
    let of = |name: &str| folder.path().join(name).display().to_string();
    let sealed = format!("certfile {}\nkeyfile {}\n", of("host.pem"), of("host.key"));
    let config =
        format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n{sealed}");
    std::fs::write(of("mosquitto.conf"), config).unwrap();
    let log = File::create(of("mosquitto.log")).unwrap();
    let mut broker = Command::new("mosquitto");
    let _broker = Process(broker.args(["-c", &of("mosquitto.conf")]).stderr(log).spawn().unwrap());
    wait_for("the broker", || is_open(port).then_some(()));
    let available = || {
        let port = port.to_string();
        let mut client = Command::new("mosquitto_sub");
        client.args(["-h", "localhost", "-p", &port, "--cafile", &of("ca.pem")]);
        let output = client.args(["-t", "kwhen/availability", "-C", "1", "-W", "2"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    // An authority that nobody knows is none: it is said why, and nothing is published.
    let refused = agent(&folder, &format!("--mqtt mqtts://localhost:{port}"), "refused.log");
    logged(&folder, "refused.log", "invalid peer certificate");
    assert_eq!(available(), "");
    drop(refused);
    // Nor is a certificate that stands for another name.
    let other = format!("--mqtt mqtts://127.0.0.1:{port} --ca-file @/ca.pem");
    let other = agent(&folder, &other, "other.log");
    logged(&folder, "other.log", "invalid peer certificate");
    drop(other);
    let trusted = format!("--mqtt mqtts://localhost:{port} --ca-file @/ca.pem");
    let trusted = agent(&folder, &trusted, "trusted.log");
    wait_for("the agent", || (available() == "online").then_some(()));
    // Killed, it is said to be gone: the line goes with the process.
    drop(trusted);
    wait_for("the last will", || (available() == "offline").then_some(()));
}

#[test]
fn home_assistant_behind_tls_is_spoken_to_where_its_authority_is_trusted() {
    if !are_here(&[("openssl", "version")]) {
        return;
    }
    let (folder, port) = (folder(), free_port());
    std::fs::write(folder.path().join("token"), "a token\n").unwrap();
    let mut server = Command::new("openssl");
    let line = format!("s_server -accept {port} -cert @/host.pem -key @/host.key -www -quiet");
    let _server = Process(server.args(folder.words(&line)).stdin(Stdio::null()).spawn().unwrap());
    wait_for("the server", || is_open(port).then_some(()));
    let home = format!(
        "--consumption @/load.csv --listen 127.0.0.1:{} --home-assistant https://localhost:{port} --home-assistant-token-file @/token",
        free_port()
    );
    let refused = agent(&folder, &home, "refused.log");
    logged(&folder, "refused.log", "invalid peer certificate");
    drop(refused);
    // Whom it trusts it speaks to; what answers here is no Home Assistant, which is another complaint.
    let _trusted = agent(&folder, &format!("{home} --ca-file @/ca.pem"), "trusted.log");
    logged(&folder, "trusted.log", "localhost");
    let text = std::fs::read_to_string(folder.path().join("trusted.log")).unwrap();
    assert!(!text.contains("certificate"), "{text}");
}

#[test]
fn a_file_without_a_certificate_is_said_before_anything_is_done() {
    let folder = Folder::of([
        ("rates.csv", b"start,rate\n2026-10-20T00:00:00Z,1\n".to_vec()),
        ("empty.pem", Vec::new()),
    ]);
    for (file, words) in [
        ("rates.csv", "rates.csv: holds no certificate"),
        ("empty.pem", "empty.pem: holds no certificate"),
        ("none.pem", "none.pem: "),
    ] {
        let outcome = folder.run(&format!("{HOME} --mqtt mqtts://localhost:1 --ca-file @/{file}"));
        assert!(outcome.code == 1 && outcome.stderr.contains(words), "{file}: {}", outcome.stderr);
    }
    for line in ["--mqtt localhost:1", "--listen 127.0.0.1:0", "--once --at 2026-10-20"] {
        let outcome = folder.run(&format!("{HOME} {line} --ca-file @/empty.pem"));
        assert!(
            outcome.code == 2 && outcome.stderr.contains("no use without TLS"),
            "{line}: {}",
            outcome.stderr
        );
    }
}
