//! What is answered where.

use crate::aside::{Aside, Asked};
use crate::events::Events;
use crate::guard::{Guard, as_json};
use crate::problem::Problem;
use crate::wire::{EvccRate, Saying};
use crate::{calendar, metrics, ocpp, openapi};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use kwhen::names::nearest;
use kwhen::time::Calendar;
use kwhen_agent::board::Board;
use kwhen_agent::command::HEARD;
use kwhen_agent::turn::Asker;
use kwhen_app::answer::overview::Overview;
use kwhen_app::answer::published::{NamedDevice, Reply, Said};
use kwhen_app::desk::Desk;
use kwhen_page::{html, json};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Requests that are answered at a time, but for those that listen to events.
const REQUESTS: usize = 32;
/// Questions that are answered at a time: they take a core each.
const QUESTIONS: usize = 2;
/// The longest body.
const LONGEST: usize = 64 << 10;
/// How long a body may take to come.
const BODY: Duration = Duration::from_secs(10);
/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// What is answered from.
#[derive(Debug)]
pub struct House {
    /// What the agent says, and where it is spoken to.
    pub board: Arc<Board>,
    /// Where questions are asked.
    pub desk: Desk,
    /// Where what stands beside the plan on the page comes from.
    pub asked: Asked,
    /// The clock of days.
    pub calendar: Calendar,
    /// What time it is.
    pub clock: fn() -> DateTime<Utc>,
}

/// What all answers share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    house: Arc<House>,
    guard: Arc<Guard>,
    events: Events,
    aside: Arc<Aside>,
    requests: Arc<Semaphore>,
    questions: Arc<Semaphore>,
    counts: Arc<metrics::Counts>,
    /// Whether a page can ask what is new; else it is a file.
    is_live: bool,
}

impl Shared {
    pub(crate) fn new(house: House, guard: Guard, is_live: bool) -> Self {
        let events = Events::default();
        let told = events.clone();
        house.board.listen(move |change| told.change(&change.topic, &change.payload));
        Self {
            house: Arc::new(house),
            guard: Arc::new(guard),
            events,
            aside: Arc::default(),
            requests: Arc::new(Semaphore::new(REQUESTS)),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            counts: Arc::default(),
            is_live,
        }
    }

    pub(crate) const fn events(&self) -> &Events {
        &self.events
    }

    fn said(&self) -> Result<Arc<Said>, Problem> {
        let none = || Problem::busy("the home is being looked at for the first time: ask again soon");
        self.house.board.said().ok_or_else(none)
    }

    fn device(&self, id: &str) -> Result<NamedDevice, Problem> {
        let said = self.said()?;
        let found = said.devices.iter().find(|device| device.id == id).cloned();
        found.ok_or_else(|| no_device(&said, id))
    }

    /// An answer as JSON, without the paths of this machine.
    fn json(&self, answer: &impl Serialize) -> Result<Response, Problem> {
        let text = json(answer).map_err(|failure| Problem::conflict(failure.to_string()))?;
        Ok(typed("application/json", self.house.desk.shown(text)))
    }
}

fn no_device(said: &Said, id: &str) -> Problem {
    let near = nearest(id, said.devices.iter().map(|device| device.id.as_str()));
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Problem::not_found(format!("there is no device {id}{near}"))
}

fn typed(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

type Answered = Result<Response, Problem>;

/// All that is answered: over a network to those who may ask.
pub(crate) fn router(shared: Shared) -> Router {
    let routes = Router::new()
        .route("/", get(page))
        .route("/openapi.json", get(document))
        .route("/v1/ask/{name}", post(ask))
        .route("/v1/now", get(now))
        .route("/v1/today", get(today))
        .route("/v1/rates", get(rates))
        .route("/v1/windows", get(windows))
        .route("/v1/cost", get(cost))
        .route("/v1/plan", get(plan))
        .route("/v1/yesterday", get(yesterday))
        .route("/v1/dispatches", get(dispatches))
        .route("/v1/data", get(data))
        .route("/v1/devices", get(devices))
        .route("/v1/devices/{id}", get(device))
        .route("/v1/devices/{id}/ocpp", get(charging))
        .route("/v1/devices/{id}/{what}", post(command))
        .route("/events", get(events))
        .route("/metrics", get(measured))
        .route("/evcc.json", get(evcc))
        .route("/calendar.ics", get(dates))
        .fallback(nowhere)
        .method_not_allowed_fallback(otherwise);
    let guarded = shared.is_live;
    let routes = if guarded { routes.layer(from_fn_with_state(shared.clone(), admit)) } else { routes };
    routes.with_state(shared)
}

/// Lets a request through to its answer, and says with every answer what a browser may make of it.
async fn admit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let guard = shared.guard.admit(request.method(), request.uri(), request.headers());
    let guard = guard.and_then(|()| match percent_decode_str(request.uri().path()).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "the path is not UTF-8")),
    });
    let mut response = match (guard, shared.requests.try_acquire()) {
        (Err(problem), _) => problem.into_response(),
        (Ok(()), Err(_)) => Problem::busy(format!("{REQUESTS} requests are being answered")).into_response(),
        (Ok(()), Ok(_permit)) => match timeout(ANSWER, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::busy("the answer takes longer than a minute: ask for less").into_response(),
        },
    };
    shared.counts.count(response.status().as_u16());
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

async fn nowhere() -> Problem {
    Problem::not_found("there is nothing here; /openapi.json says what is where")
}

async fn otherwise() -> Problem {
    let message = "this is not asked by this method; /openapi.json says how";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, message)
}

async fn document(State(shared): State<Shared>) -> Answered {
    shared.json(&openapi::document(&shared.house.desk))
}

/// The body of a request that is JSON, as far as it may be long.
async fn body(request: Request) -> Result<Vec<u8>, Problem> {
    as_json(request.headers())?;
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body does not come");
    let long = |_| {
        let message = format!("the body is longer than {LONGEST} bytes, or broken");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    };
    let bytes = timeout(BODY, to_bytes(request.into_body(), LONGEST)).await.map_err(late)?;
    Ok(bytes.map_err(long)?.to_vec())
}

async fn ask(State(shared): State<Shared>, Path(name): Path<String>, request: Request) -> Answered {
    let request = body(request).await?;
    let busy = || Problem::busy(format!("{QUESTIONS} questions are being answered"));
    let permit = Arc::clone(&shared.questions).try_acquire_owned().map_err(|_| busy())?;
    let asked = shared.clone();
    // The question goes on where nobody waits for its answer any more, and counts until it is through.
    let answered = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let house = &asked.house;
        let answered = house.desk.ask(&name, &request, (house.clock)());
        answered.map_err(Problem::from).and_then(|(answer, _)| asked.json(&answer))
    });
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the question broke off");
    answered.await.map_err(failed)?.map_err(|problem| shared.hidden(problem))
}

impl Shared {
    fn hidden(&self, problem: Problem) -> Problem {
        Problem { message: self.house.desk.shown(problem.message), ..problem }
    }

    /// What is said where there is no answer: what stood in the way.
    fn problems(&self, said: &Said) -> Problem {
        self.hidden(Problem::conflict(match said.data.problems.as_slice() {
            [] => "nothing is known of it".to_owned(),
            problems => problems.join("; "),
        }))
    }
}

async fn now(State(shared): State<Shared>) -> Answered {
    let said = shared.said()?;
    match &said.home.rates {
        Some(now) => shared.json(now),
        None => Err(shared.problems(&said)),
    }
}

async fn today(State(shared): State<Shared>) -> Answered {
    let said = shared.said()?;
    match &said.home.today {
        Some(today) => shared.json(today),
        None => Err(shared.problems(&said)),
    }
}

async fn rates(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.rates)
}

async fn windows(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.windows)
}

async fn cost(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.cost)
}

async fn plan(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.plan)
}

async fn yesterday(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.yesterday)
}

async fn dispatches(State(shared): State<Shared>) -> Answered {
    let said = shared.said()?;
    match said.dispatches.device {
        Some(_) => shared.json(&said.dispatches),
        None => Err(Problem::conflict(
            "no car is named that the supplier has charge, or it was never asked: --dispatched NAME",
        )),
    }
}

async fn data(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.data)
}

async fn devices(State(shared): State<Shared>) -> Answered {
    shared.json(&shared.said()?.devices)
}

async fn device(State(shared): State<Shared>, Path(id): Path<String>) -> Answered {
    shared.json(&shared.device(&id)?)
}

async fn charging(State(shared): State<Shared>, Path(id): Path<String>, uri: Uri) -> Answered {
    let asked = ocpp::Asked::parse(uri.query().unwrap_or_default())?;
    shared.json(&ocpp::profile(&*shared.said()?, &shared.device(&id)?, asked)?)
}

async fn command(
    State(shared): State<Shared>,
    Path((id, what)): Path<(String, String)>,
    request: Request,
) -> Answered {
    let board = &shared.house.board;
    if !board.hears() {
        return Err(Problem::conflict(
            "nobody hears commands here: this process shows and plans alone; kwhen run --listen hears them",
        ));
    }
    let what = what.replace('-', "_");
    if !HEARD.contains(&what.as_str()) {
        let near = nearest(&what, HEARD).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(Problem::not_found(format!(
            "{what}: no such word; {} are heard{near}",
            HEARD.join(", ")
        )));
    }
    let request = body(request).await?;
    let saying: Saying = serde_json::from_slice(&request).map_err(|error| {
        let message =
            format!("an object of JSON with a text `value` is said, such as {{\"value\": \"ON\"}}: {error}");
        Problem::new(StatusCode::BAD_REQUEST, message)
    })?;
    let said = shared.said()?;
    if said.devices.iter().all(|device| device.id != id) {
        return Err(no_device(&said, &id));
    }
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let asker = Asker::new(move |reply: Reply| {
        let _ = sender.send(reply);
    });
    board.say(&id, &what, &saying.value, asker);
    match receiver.await {
        Ok(reply) if reply.accepted => shared.json(&reply),
        Ok(reply) => Err(Problem::unprocessable(reply.message)),
        Err(_) => Err(Problem::busy("the agent is ending")),
    }
}

async fn events(State(shared): State<Shared>) -> Answered {
    Ok(shared.events.listen()?.into_response())
}

async fn measured(State(shared): State<Shared>) -> Answered {
    let text = metrics::text(&*shared.said()?, &shared.counts);
    Ok(typed("text/plain; version=0.0.4; charset=utf-8", text))
}

async fn evcc(State(shared): State<Shared>) -> Answered {
    let said = shared.said()?;
    let rates = said.rates.rates.iter().filter_map(|rate| {
        // Digit by digit: a decimal in text is a number of JSON.
        let value = serde_json::from_str(&rate.rate).ok()?;
        let text = kwhen::time::instant_text;
        Some(EvccRate { start: text(rate.from.0), end: text(rate.to.0), value })
    });
    let rates: Vec<EvccRate> = rates.collect();
    if rates.is_empty() { Err(shared.problems(&said)) } else { shared.json(&rates) }
}

async fn dates(State(shared): State<Shared>) -> Answered {
    Ok(typed("text/calendar; charset=utf-8", calendar::text(&*shared.said()?)))
}

/// The page: a text of its own each time, so that no script but ours runs in it.
async fn page(State(shared): State<Shared>) -> Answered {
    let said = shared.said()?;
    let asked = shared.clone();
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page broke off");
    let made = tokio::task::spawn_blocking(move || {
        let house = &asked.house;
        let hears = house.board.hears();
        let aside = asked.aside.of(&house.asked, &house.desk, &house.calendar, &said);
        let overview = Overview { said, aside, hears };
        let nonce = nonce().map_err(Problem::busy)?;
        let page = match asked.is_live {
            true => html::live(&overview, house.calendar, &nonce),
            false => html::page(&overview, house.calendar),
        };
        let page = page.map_err(|failure| Problem::conflict(failure.to_string()))?;
        Ok::<_, Problem>((house.desk.shown(page), nonce))
    });
    let (text, nonce) = made.await.map_err(failed)??;
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut response = typed("text/html; charset=utf-8", text);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

fn nonce() -> Result<String, String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("no randomness: {error}"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// The body of an answer as it stands, for those who ask without a network.
pub(crate) async fn whole(response: Response<Body>) -> Result<String, String> {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if status.is_success() {
        return Ok(text);
    }
    let problem: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let message = problem.get("message").and_then(serde_json::Value::as_str);
    let said = if text.trim().is_empty() { "no answer" } else { text.trim() };
    Err(message.unwrap_or(said).to_owned())
}
