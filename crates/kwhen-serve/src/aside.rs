//! What stands beside the plan on the page: asked of the desk as anybody may ask it, and kept for half an hour or until something new comes.

use crate::problem::Problem;
use chrono::{DateTime, Datelike as _, Months, TimeDelta, Utc};
use kwhen::time::{Calendar, SlotLength, instant_text};
use kwhen_app::answer::Answer;
use kwhen_app::answer::overview;
use kwhen_app::answer::published::{At, Said};
use kwhen_app::desk::Desk;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// How far back the rates of the page go.
const YEAR: TimeDelta = TimeDelta::days(365);

/// What the home is planned by, under the names that the desk knows.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The rates.
    pub rates: String,
    /// The readings.
    pub consumption: Option<String>,
    /// The standing charges.
    pub standing_charges: Option<String>,
    /// Whether the file of defaults says which tariffs are compared.
    pub compares: bool,
}

/// What an answer goes by: the half-hour, and when rates and readings came.
type Key = (i64, Option<At>, Option<At>);

/// What was answered last.
#[derive(Debug, Default)]
pub(crate) struct Aside(Mutex<Option<(Key, Arc<overview::Aside>)>>);

impl Aside {
    /// What stands beside the plan of a home.
    pub(crate) fn of(
        &self,
        asked: &Asked,
        desk: &Desk,
        calendar: &Calendar,
        said: &Said,
    ) -> Arc<overview::Aside> {
        let now = said.home.now;
        let slot = now.timestamp().div_euclid(SlotLength::HALF_HOUR.seconds());
        let key = (slot, said.rates.ground.rates_fetched_at, said.data.readings_fetched_at);
        // Whoever comes meanwhile waits, and has what was made.
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, aside)) = held.as_ref()
            && *known == key
        {
            return Arc::clone(aside);
        }
        let made = Arc::new(make(asked, desk, calendar, now));
        *held = Some((key, Arc::clone(&made)));
        made
    }
}

fn make(asked: &Asked, desk: &Desk, calendar: &Calendar, now: DateTime<Utc>) -> overview::Aside {
    let mut notes = Vec::new();
    let mut ask = |name: &str, requests: Vec<Map<String, Value>>, what: &str| {
        let mut last = None;
        for request in requests {
            let request = Value::Object(request).to_string();
            match desk.ask(name, request.as_bytes(), now) {
                Ok((answer, _)) => return Some(answer),
                Err(refused) => last = Some(Problem::from(refused).message),
            }
        }
        notes.extend(last.map(|why| format!("{what}: {}", desk.shown(why))));
        None::<Answer>
    };
    let fields = |pairs: &[(&str, &str)]| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    };
    // Of this month what is past: readings of later half-hours, where the time is one that was said, are not known yet.
    let first = calendar.date(now).with_day(1).unwrap_or_default();
    let next_month = first.checked_add_months(Months::new(1)).unwrap_or_default().to_string();
    let slot = SlotLength::HALF_HOUR.seconds();
    let slot = DateTime::from_timestamp(now.timestamp().div_euclid(slot) * slot, 0).unwrap_or(now);
    let month = fields(&[("from", &first.to_string()), ("to", &instant_text(slot))]);
    let mut projected = month.clone();
    projected.insert("project_to".to_owned(), next_month.into());
    // First as the file of defaults has it for a bill, then by what the home is planned by.
    let own = |period: &Map<String, Value>| {
        let mut request = period.clone();
        request.insert("rates".to_owned(), asked.rates.clone().into());
        request.insert("consumption".to_owned(), asked.consumption.clone()?.into());
        if let Some(charges) = &asked.standing_charges {
            request.insert("standing_charges".to_owned(), charges.clone().into());
        }
        Some(request)
    };
    let both = |period: &Map<String, Value>| std::iter::once(period.clone()).chain(own(period));
    let is_begun = calendar.day(first).is_ok_and(|day| day.from() < slot);
    let bill = both(&projected).chain(both(&month)).filter(|_| is_begun).collect();
    let bill = ask("bill", bill, "what this month costs");
    let yesterday = both(&fields(&[("during", "yesterday")])).collect();
    let yesterday = ask("bill", yesterday, "what yesterday cost");
    let from = calendar.date(now - YEAR).to_string();
    let rates = fields(&[("rates", &asked.rates), ("duration", "1h"), ("from", &from)]);
    let year = ask("cheapest", vec![rates], "the rates of a year");
    let compared =
        asked.compares.then(|| ask("compare", vec![Map::new()], "tariffs beside each other")).flatten();
    overview::Aside { bill, yesterday, year, compared, notes }
}
