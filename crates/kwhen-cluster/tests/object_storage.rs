//! The job over objects: the bills are those of the same files on one machine; each process reads with credentials of its own; what
//! goes wrong is said, and leaves nothing behind.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should say so at once"
)]
#![allow(clippy::disallowed_methods, reason = "processes are waited for, but not for ever")]

mod support;

use kwhen::time::Span;
use kwhen_batch::{Job, Layout, Sample, Terms, generate};
use kwhen_cluster::cluster::free_port;
use std::net::TcpListener;
use std::path::Path;
use std::process::Output;
use std::time::Instant;
use support::processes::{Cluster, command};
use support::s3::{Asked, Store};
use support::span;
use support::world::World;
use tempfile::TempDir;

const SECRET: &str = "a-secret-that-nobody-may-see";

/// A file of every month below a prefix, among what does not belong to the table; rates as one object, agreements below a prefix.
fn upload(world: &World, store: &Store) -> [String; 3] {
    for month in 0..12 {
        let file = world.path(&format!("consumption/month={month:02}/part.parquet"));
        // As odd as keys may be.
        let name = if month == 11 { "100 %25 + ü#?.parquet" } else { "part.parquet" };
        store.put_file("readings", &format!("half-hours/month={month:02}/{name}"), &file);
    }
    for other in ["half-hours/_temporary/a.parquet", "half-hours/.a.parquet", "half-hours/a.txt"] {
        store.put("readings", other, b"no Parquet".to_vec());
    }
    store.put("readings", "half-hours-of-old/a.parquet", b"no Parquet".to_vec());
    store.put_file("tables", "rates", &world.path("sample/rates.parquet"));
    store.put_file("tables", "agreements/1.parquet", &world.path("sample/agreements.parquet"));
    ["s3://readings/half-hours", "s3://tables/rates", "s3://tables/agreements/"].map(String::from)
}

/// What a process needs: where, and by whose right.
fn environment<'a>(endpoint: &'a str, user: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", user),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
    ]
}

#[test]
fn the_bills_of_objects_are_those_of_files_and_each_process_reads_by_its_own_right() {
    let began = Instant::now();
    let world = World::new();
    let (bills, report) = world.alone();
    let store = Store::start(&["CLIENT", "SCHEDULER", "ONE", "TWO"]);
    let tables = upload(&world, &store);
    let endpoint = store.endpoint();
    let of = |user| environment(&endpoint, user);

    let client = world.bill_tables("embedded", None, &tables, &of("CLIENT"));
    let (embedded, said) = world.finish("embedded", client, began);
    assert_eq!(said, report);
    assert!(embedded == bills, "embedded: other bytes");
    eprintln!("{:.1} s: billed embedded", began.elapsed().as_secs_f32());
    let asked = store.asked();
    assert!(asked.iter().any(|asked| asked.status == 503), "the store was never too busy");
    assert!(asked.iter().all(|asked| !asked.key.contains("half-hours/a.txt")), "{asked:?}");

    let (one, two) = (of("ONE"), of("TWO"));
    let executors = [("one", &one[..]), ("two", &two[..])];
    let cluster = Cluster::start_in(world.folder.path(), began, &of("SCHEDULER"), &executors);
    let client = world.bill_tables("cluster", Some(&cluster.address), &tables, &of("CLIENT"));
    let (both, said) = world.finish("cluster", client, began);
    assert_eq!(said, report);
    assert!(both == bills, "cluster: other bytes");
    let asked = store.asked();
    let count = |user: &str, what: &dyn Fn(&Asked) -> bool| {
        asked.iter().filter(|asked| asked.by == user && asked.status < 300 && what(asked)).count()
    };
    for executor in ["ONE", "TWO"] {
        assert!(
            count(executor, &|asked| asked.range && asked.key.starts_with("half-hours/")) > 0,
            "{executor}"
        );
        // Once for the plan, however many tasks it has.
        assert_eq!(count(executor, &|asked| asked.method == "GET" && asked.key == "rates"), 1, "{executor}");
    }
    assert!(count("SCHEDULER", &|asked| asked.key.starts_with("half-hours/")) > 0);
    assert_eq!(count("SCHEDULER", &|asked| !asked.key.starts_with("half-hours/")), 0);
    eprintln!("{:.1} s: billed by a cluster, {} requests", began.elapsed().as_secs_f32(), asked.len());
}

#[test]
fn a_public_bucket_needs_no_credentials_and_an_object_no_suffix() {
    let world = TempDir::new().unwrap();
    // Nobody in particular asks.
    let store = Store::start(&[""]);
    small(world.path(), &store, Layout::LongWh);
    let made = world.path().join("LongWh");
    let file = |table: &str| made.join(format!("{table}.parquet"));
    let tables = ["consumption", "rates", "agreements"].map(|table| {
        store.put_file("public", &format!("the {table}"), &file(table));
        format!("s3://public/the {table}")
    });
    let alone = world.path().join("alone.parquet");
    let terms = Terms::new(week());
    let job = Job::new(file("consumption"), file("rates"), file("agreements"), alone.clone(), terms);
    assert_eq!(kwhen_batch::run(&job, |_| true).unwrap().billed, 2);

    let endpoint = store.endpoint();
    let environment =
        [("AWS_ENDPOINT", &*endpoint), ("AWS_ALLOW_HTTP", "true"), ("AWS_SKIP_SIGNATURE", "true")];
    let said = client(world.path(), &tables, &environment, &[]);
    assert!(said.status.success(), "{said:?}");
    let bills = std::fs::read(world.path().join("out/bills.parquet")).unwrap();
    assert!(bills == std::fs::read(alone).unwrap(), "other bytes");
    assert_eq!(std::fs::read_dir(world.path().join("temporary")).unwrap().count(), 0);
}

#[test]
fn executors_without_credentials_fail_the_job_with_their_reason() {
    let began = Instant::now();
    let world = TempDir::new().unwrap();
    let store = Store::start(&["CLIENT"]);
    let tables = small(world.path(), &store, Layout::LongWh);
    let endpoint = store.endpoint();
    let right = environment(&endpoint, "CLIENT");
    let nowhere = format!("http://127.0.0.1:{}", free_port([127, 0, 0, 1].into()).unwrap());
    let poor = [
        ("AWS_ENDPOINT", endpoint.as_str()),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_METADATA_ENDPOINT", nowhere.as_str()),
    ];
    let stranger = environment(&endpoint, "STRANGER");
    for (name, environment, reason) in [
        ("poor", &poor[..], "this process has no credentials"),
        ("stranger", &stranger, "does not let this process read it"),
    ] {
        let folder = world.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let cluster = Cluster::start_in(&folder, began, &right, &[("only", environment)]);
        let message = refusal(world.path(), &tables, &right, &["--scheduler", &cluster.address]);
        assert!(message.contains(reason), "{name}: {message}");
        assert!(message.starts_with("kwhen-cluster: an executor failed: s3://bucket/"), "{name}: {message}");
    }
}

fn week() -> Span {
    span("2025-01-01T00:00:00Z", "2025-01-08T00:00:00Z")
}

/// Two meters and a week as objects.
fn small(folder: &Path, store: &Store, layout: Layout) -> [String; 3] {
    let made = folder.join(format!("{layout:?}"));
    generate(&Sample { meters: 2, span: week(), seed: 1, layout }, &made).unwrap();
    ["consumption", "rates", "agreements"].map(|table| {
        let key = format!("{layout:?}/{table}.parquet");
        store.put_file("bucket", &key, &made.join(format!("{table}.parquet")));
        format!("s3://bucket/{key}")
    })
}

/// A client at work on a week, with folders of its own for what it makes and for what it fetches.
fn client(
    folder: &Path,
    [consumption, rates, agreements]: &[String; 3],
    environment: &[(&str, &str)],
    more: &[&str],
) -> Output {
    let (out, temporary) = (folder.join("out"), folder.join("temporary"));
    for folder in [&out, &temporary] {
        std::fs::create_dir_all(folder).unwrap();
    }
    command(environment)
        .env("TMPDIR", temporary)
        .args(["bill", "--consumption", consumption, "--rates", rates, "--agreements", agreements])
        .args(["--from", "2025-01-01", "--to", "2025-01-08", "--timeout", "200"])
        .arg("--out")
        .arg(out.join("bills.parquet"))
        .args(more)
        .output()
        .unwrap()
}

/// What a client says that fails; it is to leave nothing, neither output nor copies.
fn refusal(folder: &Path, tables: &[String; 3], environment: &[(&str, &str)], more: &[&str]) -> String {
    let output = client(folder, tables, environment, more);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "it succeeded: {message}");
    assert!(message.starts_with("kwhen-cluster: "), "{message}");
    for hidden in [SECRET, "AWSAccessKeyId", "kwhen-tables-"] {
        assert!(!message.contains(hidden), "{message}");
    }
    for name in ["out", "temporary"] {
        assert_eq!(std::fs::read_dir(folder.join(name)).unwrap().count(), 0, "{name}: {message}");
    }
    message
}

#[test]
fn what_goes_wrong_is_said_and_leaves_nothing_behind() {
    let world = TempDir::new().unwrap();
    let store = Store::start(&["CLIENT"]);
    let tables = small(world.path(), &store, Layout::LongWh);
    let dense = small(world.path(), &store, Layout::Dense);
    store.put("bucket", "damaged/1.parquet", b"PAR1, and no more".to_vec());
    store.put("bucket", "empty/notes.txt", Vec::new());
    let endpoint = store.endpoint();
    let right = environment(&endpoint, "CLIENT");
    let [consumption, rates, agreements] = &tables;
    let with = |consumption: &str| [consumption.to_owned(), rates.clone(), agreements.clone()];

    for (tables, wanted) in [
        (
            with("s3://nowhere/consumption.parquet"),
            "s3://nowhere: there is no such bucket at http://127.0.0.1",
        ),
        (with("s3://bucket/nothing"), "s3://bucket/nothing is no object and holds no object named *.parquet"),
        (with("s3://bucket/empty/"), "s3://bucket/empty/ holds no object named *.parquet"),
        (with(&dense[0]), "kwhen batch convert --to long"),
        (with(rates), "LongWh/rates.parquet has no column consumption"),
        (with("s3://bucket/damaged/"), "Parquet"),
        (with("gs://bucket/a.parquet"), "gs:// is not supported"),
        (
            with(&format!("s3://CLIENT:{SECRET}@bucket/a.parquet")),
            "credentials and endpoint come from the environment",
        ),
        (
            [consumption.clone(), "s3://bucket/damaged/".into(), agreements.clone()],
            "s3://bucket/damaged/1.parquet",
        ),
        ([consumption.clone(), rates.clone(), "s3://bucket/none".into()], "s3://bucket/none is no object"),
        (
            [consumption.clone(), agreements.clone(), rates.clone()],
            "LongWh/agreements.parquet: has no column value_exc_vat",
        ),
    ] {
        let message = refusal(world.path(), &tables, &right, &[]);
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
    let message = refusal(world.path(), &tables, &right, &["--report", "s3://bucket/report.csv"]);
    assert!(message.contains("--report is a path"), "{message}");
}

#[test]
fn a_wrong_environment_is_named() {
    let world = TempDir::new().unwrap();
    let store = Store::start(&["CLIENT"]);
    let tables = small(world.path(), &store, Layout::LongWh);
    let endpoint = store.endpoint();
    let nowhere = format!("http://127.0.0.1:{}", free_port([127, 0, 0, 1].into()).unwrap());
    // It takes connections and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let with_user = endpoint.replace("http://", &format!("http://CLIENT:{SECRET}@"));
    let of = environment;
    let keys: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "CLIENT"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    for (environment, wanted) in [
        (of(&endpoint, "STRANGER"), "does not let this process read it"),
        (
            vec![
                ("AWS_ENDPOINT", &*endpoint),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_METADATA_ENDPOINT", &nowhere),
            ],
            "this process has no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (of(&endpoint, "CLIENT")[..3].to_vec(), "go together, and one of them is not set"),
        ([&[("AWS_ENDPOINT", &*endpoint)], &keys[..]].concat(), "set AWS_ALLOW_HTTP=true"),
        (of(&nowhere, "CLIENT"), "Connection refused"),
        ([&of(&silent, "CLIENT")[..], &[("AWS_TIMEOUT", "200ms")]].concat(), "is AWS_ENDPOINT right?"),
        (of("127.0.0.1:9000", "CLIENT"), "AWS_ENDPOINT is no address"),
        (of(&with_user, "CLIENT"), "AWS_ENDPOINT holds a user or password"),
    ] {
        let message = refusal(world.path(), &tables, &environment, &[]);
        assert!(message.contains(wanted), "{wanted}: {message}");
    }
}
