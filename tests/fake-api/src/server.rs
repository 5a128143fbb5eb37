//! Sockets, requests, and what happens between them.

use crate::{Answer, Fault, Piece, graphql, import, rest};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The value of `Authorization`.
    pub authorization: Option<String>,
    /// The body.
    pub body: String,
}

impl Seen {
    /// A parameter of the query.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }
}

/// What the server knows; tests may change it while it runs.
#[derive(Clone, Debug)]
pub struct World {
    /// The instant at which it is asked: rates are published and readings have arrived accordingly.
    pub now: DateTime<Utc>,
    /// Readings from here on have not come yet.
    pub readings_until: DateTime<Utc>,
    /// Readings that never came, by start.
    pub holes: Vec<DateTime<Utc>>,
    /// Readings that were corrected: start to Wh.
    pub revised: BTreeMap<DateTime<Utc>, i64>,
    /// Rates that were corrected: start to hundredths of a penny.
    pub revised_rates: BTreeMap<DateTime<Utc>, i64>,
    /// The tariff that the account's import is on now.
    pub agreed: String,
    /// The products that are listed, if not the usual two.
    pub listed: Option<Vec<&'static str>>,
    /// Which tokens are taken; a new one is made for each that is asked for.
    pub tokens: u32,
    /// Tokens below this number have expired.
    pub expired_below: u32,
    /// Where the links to further pages lead, if not to the server itself.
    pub links_to: Option<String>,
    /// All agreements of the account's import, if not the usual ones: tariff code, from when, until when.
    pub agreements: Option<Vec<(String, String, Option<String>)>>,
    /// Since when the account's export is agreed, by its meter point; never if not said.
    pub export_since: Option<String>,
    /// Whether the account has a second meter point that imports electricity.
    pub second_import: bool,
    /// When the import's meter took the place of the one before, if that had readings.
    pub exchanged_at: Option<DateTime<Utc>>,
    /// Completed dispatches, if not the usual one: from when, until when.
    pub dispatched: Option<Vec<(String, String)>>,
    /// Sessions that the account has joined: number, from when, until when, kind.
    pub joined_sessions: Vec<(i64, String, String, String)>,
    /// Accounts staged by data import.
    pub staged: BTreeMap<String, bool>,
    /// How often the account's smart meters send readings.
    pub reading_frequency: &'static str,
    /// Whether the account has no device that is dispatched.
    pub has_no_device: bool,
    /// The account's bills, newest first: `id`, dates, totals and `transactions`, each with what it has of the fields of GraphQL.
    pub bills: Vec<serde_json::Value>,
    /// The account's payments, newest first.
    pub payments: Vec<serde_json::Value>,
    /// Transactions added by data import: whose, and the transaction's id.
    pub transactions: BTreeSet<(String, String)>,
    /// Notes added by data import: whose, text, when.
    pub notes: BTreeSet<(String, Option<String>, Option<String>)>,
}

impl Default for World {
    fn default() -> Self {
        let at = |text: &str| text.parse().unwrap_or(DateTime::UNIX_EPOCH);
        Self {
            listed: None,
            now: at("2026-03-02T17:00:00Z"),
            readings_until: at("2026-03-02T00:00:00Z"),
            holes: vec![at("2025-06-10T03:00:00Z"), at("2025-06-10T03:30:00Z")],
            revised: BTreeMap::new(),
            revised_rates: BTreeMap::new(),
            agreed: crate::AGILE.to_owned(),
            tokens: 0,
            expired_below: 0,
            links_to: None,
            agreements: None,
            export_since: None,
            second_import: false,
            exchanged_at: None,
            dispatched: None,
            joined_sessions: Vec::new(),
            staged: BTreeMap::new(),
            reading_frequency: "HALF_HOURLY",
            has_no_device: false,
            bills: Vec::new(),
            payments: Vec::new(),
            transactions: BTreeSet::new(),
            notes: BTreeSet::new(),
        }
    }
}

#[derive(Debug, Default)]
struct Shared {
    world: Mutex<World>,
    seen: Mutex<Vec<Seen>>,
    faults: Mutex<VecDeque<Fault>>,
    stop: AtomicBool,
}

/// A server on loopback; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// On a free port.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// On this port of 127.0.0.1.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if for_thread.stop.load(Ordering::Acquire) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&for_thread);
                std::thread::spawn(move || {
                    let _ = serve(stream, address, &shared);
                });
            }
        });
        Ok(Self { address, shared })
    }

    /// Its address, `http://127.0.0.1:4000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        lock(&self.shared.seen).clear();
    }

    /// What to do with the next requests, one each; after these it answers as usual.
    pub fn fail_with(&self, faults: impl IntoIterator<Item = Fault>) {
        *lock(&self.shared.faults) = faults.into_iter().collect();
    }

    /// Changes the world.
    pub fn change(&self, change: impl FnOnce(&mut World)) {
        change(&mut lock(&self.shared.world));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, address: SocketAddr, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut first = [0_u8];
    if stream.peek(&mut first)? == 0 {
        return Ok(());
    }
    let fault = lock(&shared.faults).pop_front().unwrap_or(Fault::None);
    if matches!(fault, Fault::Reset) {
        let reset = "RESET";
        lock(&shared.seen).push(Seen {
            method: reset.into(),
            path: String::new(),
            query: Vec::new(),
            authorization: None,
            body: String::new(),
        });
        return Ok(());
    }
    let Some(seen) = read(&mut stream)? else { return Ok(()) };
    lock(&shared.seen).push(seen.clone());
    let usual = || route(&seen, &format!("http://{address}"), &mut lock(&shared.world));
    match fault {
        Fault::None | Fault::Reset => stream.write_all(&usual().bytes()),
        Fault::Pieces(pieces) => send(&mut stream, &pieces),
        Fault::Drip(size, milliseconds) => {
            let bytes = usual().bytes();
            let drops = bytes.chunks(size.max(1));
            let pieces: Vec<Piece> =
                drops.flat_map(|drop| [Piece::Bytes(drop.to_vec()), Piece::Pause(milliseconds)]).collect();
            send(&mut stream, &pieces)
        }
        Fault::Truncate(per_mille) => {
            let bytes = usual().bytes();
            stream.write_all(bytes.get(..bytes.len() * per_mille / 1000).unwrap_or(&bytes))
        }
        Fault::Replace(from, to) => {
            let mut answer = usual();
            answer.body = String::from_utf8_lossy(&answer.body).replace(&from, &to).into_bytes();
            stream.write_all(&answer.bytes())
        }
        Fault::Gzip => {
            let mut answer = usual();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(&answer.body)?;
            answer.body = encoder.finish()?;
            stream.write_all(&answer.with("Content-Encoding", "gzip").bytes())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a slow server is slow in real time")]
fn send(stream: &mut TcpStream, pieces: &[Piece]) -> io::Result<()> {
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => stream.write_all(bytes)?,
            Piece::Pause(milliseconds) => std::thread::sleep(Duration::from_millis(*milliseconds)),
        }
    }
    Ok(())
}

fn read(stream: &mut TcpStream) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    let mut buffer = [0_u8; 8192];
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let count = stream.read(&mut buffer)?;
        if count == 0 || bytes.len() > 1 << 20 {
            return Ok(None);
        }
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
    };
    let head = String::from_utf8_lossy(bytes.get(..head_end).unwrap_or_default()).into_owned();
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) =
        (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or("/").to_owned());
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        body.extend_from_slice(buffer.get(..count).unwrap_or_default());
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let authorization = headers.get("authorization").cloned();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Seen { method, path: path.to_owned(), query, authorization, body }))
}

fn route(seen: &Seen, base: &str, world: &mut World) -> Answer {
    let segments: Vec<&str> = seen.path.split('/').filter(|segment| !segment.is_empty()).collect();
    match segments.as_slice() {
        ["v1", "graphql"] => graphql::answer(seen, world),
        ["v1", "data-import", rest @ ..] => import::answer(seen, rest, world),
        ["v1", rest @ ..] => rest::answer(seen, rest, base, world),
        _ => rest::not_found(),
    }
}
