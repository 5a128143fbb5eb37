//! A scheduler and two executors as processes: the file of bills has the bytes that one machine gives it, with both executors at
//! work and with one killed in the middle.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]
#![allow(clippy::disallowed_methods, reason = "processes are waited for, but not for ever")]

mod support;

use kwhen_batch::{Layout, Sample, generate};
use std::time::Instant;
use support::processes::{Cluster, command, results, wait_until};
use support::span;
use support::world::World;
use tempfile::TempDir;

#[test]
fn a_cluster_gives_the_bytes_of_one_machine_and_survives_the_death_of_an_executor() {
    let began = Instant::now();
    let world = World::new();
    let (bills, report) = world.alone();
    for reason in ["no-agreement", "no-readings", "off-grid", "repeated", "no-meter"] {
        assert!(report.contains(reason), "{report}");
    }
    eprintln!("{:.1} s: billed alone", began.elapsed().as_secs_f32());

    let (embedded, said) = world.finish("embedded", world.bill("embedded", None), began);
    assert_eq!(said, report);
    assert!(embedded == bills, "embedded: other bytes");
    eprintln!("{:.1} s: billed embedded", began.elapsed().as_secs_f32());

    let mut cluster = Cluster::start(world.folder.path(), began);
    let client = world.bill("both", Some(&cluster.address));
    let (both, said) = world.finish("both", client, began);
    assert_eq!(said, report);
    assert!(both == bills, "both executors: other bytes");
    let done: Vec<usize> = cluster.executors.iter().map(|(_, folder)| results(folder)).collect();
    assert!(done.iter().all(|files| *files > 0), "both are to have worked: {done:?}");
    eprintln!("{:.1} s: billed by both executors, which wrote {done:?} files", began.elapsed().as_secs_f32());

    let mut client = world.bill("killed", Some(&cluster.address));
    let (victim, folder) = &mut cluster.executors[1];
    // It has done some of this job's tasks; their results go with it.
    wait_until("a result of the victim", began, || results(folder) > done[1]);
    victim.kill();
    let killed = Instant::now();
    std::fs::remove_dir_all(folder).unwrap();
    assert!(client.is_running(), "the job was over before the executor was killed: give it more rows");
    let (after, said) = world.finish("killed", client, began);
    assert_eq!(said, report);
    assert!(after == bills, "one executor killed: other bytes");
    eprintln!("{:.1} s after the kill: billed by the other", killed.elapsed().as_secs_f32());
    assert!(cluster.scheduler.is_running());
    assert!(cluster.executors[0].0.is_running());
}

#[test]
fn a_client_without_a_scheduler_says_so_and_writes_nothing() {
    let world = TempDir::new().unwrap();
    generate(
        &Sample {
            meters: 1,
            span: span("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
            seed: 1,
            layout: Layout::LongWh,
        },
        world.path(),
    )
    .unwrap();
    let text = |name: &str| world.path().join(name).display().to_string();
    let run = |scheduler: &str, consumption: &str| {
        let output = command(&[])
            .args([
                "bill",
                "--scheduler",
                scheduler,
                "--consumption",
                &text(consumption),
                "--rates",
                &text("rates.parquet"),
            ])
            .args([
                "--agreements",
                &text("agreements.parquet"),
                "--from",
                "2025-01-01",
                "--to",
                "2025-01-02",
                "--timeout",
                "60",
            ])
            .args(["--out", &text("bills.parquet")])
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let port = kwhen_cluster::cluster::free_port([127, 0, 0, 1].into()).unwrap();
    let message = run(&format!("127.0.0.1:{port}"), "consumption.parquet");
    assert!(message.starts_with("kwhen-cluster: "), "{message}");
    assert!(message.contains("127.0.0.1"), "{message}");
    let message = run("nonsense", "consumption.parquet");
    assert!(message.contains("no HOST:PORT"), "{message}");
    let message = run("127.0.0.1:1", "nowhere.parquet");
    assert!(message.contains("nowhere.parquet"), "{message}");
    let message = run("127.0.0.1:1", "rates.parquet");
    assert!(message.contains("has no column"), "{message}");
    let left: Vec<_> =
        std::fs::read_dir(world.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
