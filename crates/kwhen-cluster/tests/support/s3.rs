//! A stand-in for S3 on loopback, as much of it as reading needs: `ListObjectsV2` in short pages, `HEAD`, and `GET` with ranges. It knows
//! who asks by the access key's id, but does not check signatures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Keys in a page of a listing: few, so that listings have pages.
const PAGE: usize = 5;

/// What was asked: who, what and how it was answered.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) by: String,
    pub(crate) method: String,
    pub(crate) key: String,
    pub(crate) range: bool,
    pub(crate) status: u16,
}

#[derive(Default)]
struct Shelf {
    buckets: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    users: Vec<String>,
    log: Vec<Asked>,
    asked: usize,
}

/// The server; it serves until the test is over.
pub(crate) struct Store {
    address: SocketAddr,
    shelf: Arc<Mutex<Shelf>>,
}

struct Request {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
}

struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn lock(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// An empty one that these users may read.
    pub(crate) fn start(users: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        let shelf = Arc::new(Mutex::new(Shelf { users, ..Shelf::default() }));
        let shared = Arc::clone(&shelf);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shelf = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &shelf));
            }
        });
        Self { address, shelf }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn put(&self, bucket: &str, key: &str, bytes: Vec<u8>) {
        lock(&self.shelf).buckets.entry(bucket.to_owned()).or_default().insert(key.to_owned(), bytes);
    }

    pub(crate) fn put_file(&self, bucket: &str, key: &str, path: &Path) {
        self.put(bucket, key, std::fs::read(path).unwrap());
    }

    /// What was asked since this was asked last.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.shelf).log)
    }
}

/// Answers the requests of a connection, one after another.
fn serve(stream: &TcpStream, shelf: &Mutex<Shelf>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let answer = answer(&mut lock(shelf), &request);
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        for (name, value) in &answer.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let body: &[u8] = if request.method == "HEAD" { &[] } else { &answer.body };
        let _ = write!(head, "Content-Length: {}\r\n\r\n", answer.body.len());
        let mut out = stream;
        if out.write_all(head.as_bytes()).and_then(|()| out.write_all(body)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let (method, rest) = first.split_once(' ')?;
    let (target, _) = rest.split_once(' ')?;
    let mut headers = BTreeMap::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Some(Request { method: method.to_owned(), target: target.to_owned(), headers })
}

fn answer(shelf: &mut Shelf, request: &Request) -> Answer {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = decoded(path.trim_start_matches('/'));
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    let by = request.headers.get("authorization").and_then(|text| text.split_once("Credential="));
    let by = by.and_then(|(_, rest)| rest.split_once('/')).map_or("", |(user, _)| user).to_owned();
    shelf.asked += 1;
    let answer = if !shelf.users.contains(&by) {
        // What S3 says here has more in it than a stranger should read.
        fault(403, "InvalidAccessKeyId", &format!("<AWSAccessKeyId>{by}</AWSAccessKeyId>"))
    } else if shelf.asked % 20 == 7 {
        fault(503, "SlowDown", "")
    } else {
        match (shelf.buckets.get(bucket), &*request.method) {
            (None, _) => fault(404, "NoSuchBucket", ""),
            (Some(objects), "GET") if key.is_empty() => list(objects, query),
            (Some(objects), "GET" | "HEAD") => match objects.get(key) {
                Some(bytes) => object(bytes, request.headers.get("range")),
                None => fault(404, "NoSuchKey", ""),
            },
            _ => fault(405, "MethodNotAllowed", ""),
        }
    };
    shelf.log.push(Asked {
        by,
        method: request.method.clone(),
        key: key.to_owned(),
        range: request.headers.contains_key("range"),
        status: answer.status,
    });
    answer
}

fn fault(status: u16, code: &str, more: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>no</Message>{more}</Error>");
    Answer { status, headers: vec![("Content-Type", "application/xml".into())], body: body.into() }
}

fn object(bytes: &[u8], range: Option<&String>) -> Answer {
    let mut headers = vec![
        ("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT".to_owned()),
        ("ETag", format!("\"{}\"", bytes.len())),
        ("Accept-Ranges", "bytes".to_owned()),
    ];
    let Some((first, last)) = range.and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) else {
        return Answer { status: 200, headers, body: bytes.to_vec() };
    };
    let length = bytes.len();
    let (from, to) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(first), Ok(last)) => (first, length.min(last + 1)),
        (Ok(first), Err(_)) => (first, length),
        (Err(_), Ok(suffix)) => (length.saturating_sub(suffix), length),
        _ => return fault(400, "InvalidArgument", ""),
    };
    if from >= to {
        return fault(416, "InvalidRange", "");
    }
    headers.push(("Content-Range", format!("bytes {from}-{}/{length}", to - 1)));
    Answer { status: 206, headers, body: bytes[from..to].to_vec() }
}

fn list(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Answer {
    let mut wanted = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        wanted.insert(name.into_owned(), value.into_owned());
    }
    let prefix = wanted.get("prefix").map_or("", String::as_str);
    let after = wanted.get("continuation-token").cloned().map_or(Bound::Unbounded, Bound::Excluded);
    let mut below =
        objects.range((after, Bound::Unbounded)).filter(|(key, _)| key.starts_with(prefix)).peekable();
    let (mut contents, mut last) = (String::new(), String::new());
    for (key, bytes) in below.by_ref().take(PAGE) {
        let _ = write!(
            contents,
            "<Contents><Key>{}</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><Size>{}</Size></Contents>",
            escaped(key),
            bytes.len()
        );
        last.clone_from(key);
    }
    let next = match below.peek() {
        Some(_) => format!("<NextContinuationToken>{}</NextContinuationToken>", escaped(&last)),
        None => String::new(),
    };
    let body = format!("<ListBucketResult>{contents}{next}</ListBucketResult>");
    Answer { status: 200, headers: vec![("Content-Type", "application/xml".into())], body: body.into() }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escape = escape.filter(|_| *byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escape.unwrap_or(*byte));
        rest = if escape.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}
