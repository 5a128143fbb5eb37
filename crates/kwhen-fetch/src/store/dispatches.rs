//! Completed dispatches, kept as they were told: the service tells those of the last twelve hours alone, so what was not asked for in time is
//! never known.

use super::Store;
use crate::graphql::{Dispatch, SmartMeterDataPreferences};
use crate::{Error, Result};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use kwhen::time::parse_instant;
use std::collections::BTreeMap;

/// For how long the service tells of a completed dispatch.
const TOLD_FOR: TimeDelta = TimeDelta::hours(12);

/// A stretch of time, `[from, to)`.
type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// A dispatch that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDispatch {
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// As the service told it.
    pub told: Dispatch,
}

impl StoredDispatch {
    /// One as the service tells it.
    ///
    /// # Errors
    /// It has no times, or ends before it starts.
    pub fn of(told: Dispatch) -> Result<Self> {
        let at = |exact: &Option<String>, text: &Option<String>, field: &str| {
            let text = exact.as_deref().or(text.as_deref());
            let text = text.ok_or_else(|| Error::malformed(format!("a dispatch without {field}")))?;
            parse_instant(&text.replacen(' ', "T", 1))
                .map_err(|error| Error::malformed(format!("a dispatch's {field}: {error}")))
        };
        let (from, to) = (at(&told.start, &told.start_text, "start")?, at(&told.end, &told.end_text, "end")?);
        if to <= from {
            return Err(Error::malformed(format!(
                "a dispatch that ends at {to}, not after its start, {from}"
            )));
        }
        Ok(Self { from, to, told })
    }

    /// Who asked for it, `smart-charge` or `bump-charge`, where the service says it.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        let meta: serde_json::Value = self.told.meta.as_ref()?.read().ok()?;
        Some(meta.get("source")?.as_str()?.to_owned())
    }
}

/// What is known of an account's completed dispatches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDispatches {
    /// The dispatches in the order of their starts, each once, as it was told last.
    pub list: Vec<StoredDispatch>,
    /// The stretches of time whose dispatches are known, in order and apart.
    pub known: Vec<Stretch>,
}

impl KnownDispatches {
    /// The parts of `[from, to)` whose dispatches are not known.
    #[must_use]
    pub fn unknown(&self, (from, to): Stretch) -> Vec<Stretch> {
        let (mut parts, mut begins) = (Vec::new(), from);
        for (first, last) in &self.known {
            if *first > begins && begins < to {
                parts.push((begins, (*first).min(to)));
            }
            begins = begins.max(*last);
        }
        if begins < to {
            parts.push((begins, to));
        }
        parts
    }
}

impl KnownDispatches {
    /// The stretches since it was first asked whose dispatches can be known no more at `now`: the service tells of them no longer.
    #[must_use]
    pub fn lost(&self, now: DateTime<Utc>) -> Vec<Stretch> {
        self.known.first().map_or_else(Vec::new, |(first, _)| self.unknown((*first, now - TOLD_FOR)))
    }
}

impl Store {
    /// The kind of payload under which completed dispatches are kept, one for each time that they were asked for.
    pub const DISPATCHES: &'static str = "dispatches";
    /// The kind of payload under which an account's planned dispatches are kept, as they were told last.
    pub const PLANNED_DISPATCHES: &'static str = "planned-dispatches";
    /// The kind of payload under which it is kept how often an account's smart meters send readings.
    pub const PREFERENCES: &'static str = "smart-meter-preferences";

    /// Keeps what was told of an account's completed dispatches at `now`, and says how many of them are new.
    ///
    /// # Errors
    /// A dispatch has no times, or ends before it starts; nothing is kept then.
    pub fn keep_dispatches(&self, account: &str, told: &[Dispatch], now: DateTime<Utc>) -> Result<usize> {
        let starts = told.iter().map(|one| StoredDispatch::of(one.clone()).map(|one| one.from));
        let starts = starts.collect::<Result<Vec<_>>>()?;
        let before = self.dispatches(account)?.list;
        let is_new = |start: &&DateTime<Utc>| before.iter().all(|known| known.from != **start);
        let new = starts.iter().filter(is_new).count();
        let json = serde_json::to_string(told).map_err(|error| Error::store(error.to_string()))?;
        let name = format!("{account}/{}", now.to_rfc3339_opts(SecondsFormat::Secs, true));
        self.keep_document(Self::DISPATCHES, &name, &json, now.timestamp())?;
        Ok(new)
    }

    /// All that is known of an account's completed dispatches.
    pub fn dispatches(&self, account: &str) -> Result<KnownDispatches> {
        let mut times: Vec<DateTime<Utc>> = Vec::new();
        let mut list: BTreeMap<DateTime<Utc>, StoredDispatch> = BTreeMap::new();
        for name in self.documents(Self::DISPATCHES)? {
            if name.split_once('/').is_none_or(|(whose, _)| whose != account) {
                continue;
            }
            let bad = |what: &str| Error::store(format!("the stored dispatches {name}: {what}"));
            let (json, at) = self.document(Self::DISPATCHES, &name)?.ok_or_else(|| bad("they are gone"))?;
            let told: Vec<Dispatch> = serde_json::from_str(&json).map_err(|error| bad(&error.to_string()))?;
            times.push(super::series::instant(at).ok_or_else(|| bad("they came at no time"))?);
            for one in told {
                let one = StoredDispatch::of(one).map_err(|error| bad(&error.to_string()))?;
                list.insert(one.from, one);
            }
        }
        times.sort();
        let mut known: Vec<Stretch> = Vec::new();
        for at in times {
            match known.last_mut() {
                Some(last) if at - TOLD_FOR <= last.1 => last.1 = at,
                _ => known.push((at - TOLD_FOR, at)),
            }
        }
        Ok(KnownDispatches { list: list.into_values().collect(), known })
    }

    /// Keeps what was told of an account's planned dispatches at `now`, in place of what was told before, and says how many are new or
    /// no longer there.
    ///
    /// # Errors
    /// One of them has no times or ends before it starts; the store cannot be written.
    pub fn keep_planned_dispatches(
        &self,
        account: &str,
        told: &[Dispatch],
        now: DateTime<Utc>,
    ) -> Result<usize> {
        let read: Vec<StoredDispatch> =
            told.iter().cloned().map(StoredDispatch::of).collect::<Result<_>>()?;
        // What stood there is replaced whatever it was.
        let before =
            self.planned_dispatches(account).ok().flatten().map(|(list, _)| list).unwrap_or_default();
        let beyond = |list: &[StoredDispatch], others: &[StoredDispatch]| {
            let is_other = |one: &&StoredDispatch| {
                !others.iter().any(|other| (other.from, other.to) == (one.from, one.to))
            };
            list.iter().filter(is_other).count()
        };
        let json = serde_json::to_string(told).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::PLANNED_DISPATCHES, account, &json, now.timestamp())?;
        Ok(beyond(&read, &before) + beyond(&before, &read))
    }

    /// An account's planned dispatches in the order of their starts, and when they were told; `None` where it was never asked.
    ///
    /// # Errors
    /// What is stored cannot be read.
    pub fn planned_dispatches(&self, account: &str) -> Result<Option<(Vec<StoredDispatch>, DateTime<Utc>)>> {
        let bad = |what: &str| Error::store(format!("the stored planned dispatches of {account}: {what}"));
        let Some((json, at)) = self.document(Self::PLANNED_DISPATCHES, account)? else { return Ok(None) };
        let told: Vec<Dispatch> = serde_json::from_str(&json).map_err(|error| bad(&error.to_string()))?;
        let list = told.into_iter().map(StoredDispatch::of).collect::<Result<Vec<_>>>();
        let mut list = list.map_err(|error| bad(&error.to_string()))?;
        list.sort_by_key(|one| (one.from, one.to));
        let at = super::series::instant(at).ok_or_else(|| bad("they came at no time"))?;
        Ok(Some((list, at)))
    }

    /// The accounts of whose planned dispatches it was asked.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn planned_accounts(&self) -> Result<Vec<String>> {
        self.documents(Self::PLANNED_DISPATCHES)
    }

    /// The accounts of which it was ever asked what dispatches there were.
    pub fn dispatched_accounts(&self) -> Result<Vec<String>> {
        let names = self.documents(Self::DISPATCHES)?;
        let mut accounts: Vec<String> =
            names.iter().filter_map(|name| Some(name.split_once('/')?.0.to_owned())).collect();
        accounts.dedup();
        Ok(accounts)
    }

    /// How often an account's smart meters send readings, as it was told last; `None` where it was not asked.
    pub fn preferences(&self, account: &str) -> Result<Option<SmartMeterDataPreferences>> {
        let Some((json, _)) = self.document(Self::PREFERENCES, account)? else { return Ok(None) };
        let read = serde_json::from_str(&json);
        read.map(Some).map_err(|error| Error::store(format!("the stored preferences of {account}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn told(rows: &str) -> Vec<Dispatch> {
        serde_json::from_str(rows).unwrap()
    }

    #[test]
    fn planned_dispatches_are_those_that_were_told_last() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.planned_dispatches("A-1").unwrap(), None);
        let rows = r#"[{"start": "2026-03-03T01:00:00Z", "end": "2026-03-03T02:00:00Z", "delta": "-7"},
            {"start": "2026-03-02T23:30:00Z", "end": "2026-03-03T00:30:00Z"}]"#;
        let first = at("2026-03-02T18:00:00Z");
        assert_eq!(store.keep_planned_dispatches("A-1", &told(rows), first).unwrap(), 2);
        let (list, asked) = store.planned_dispatches("A-1").unwrap().unwrap();
        assert_eq!(
            (list[0].from, list[1].from, asked),
            (at("2026-03-02T23:30:00Z"), at("2026-03-03T01:00:00Z"), first)
        );
        // One goes away, one is new; what cannot be read leaves what was there.
        let later = r#"[{"start": "2026-03-03T01:00:00Z", "end": "2026-03-03T02:00:00Z"},
            {"start": "2026-03-03T03:00:00Z", "end": "2026-03-03T04:00:00Z"}]"#;
        assert_eq!(
            store.keep_planned_dispatches("A-1", &told(later), at("2026-03-02T19:00:00Z")).unwrap(),
            2
        );
        let bad = told(r#"[{"start": "2026-03-03T02:00:00Z", "end": "2026-03-03T02:00:00Z"}]"#);
        assert!(store.keep_planned_dispatches("A-1", &bad, at("2026-03-02T20:00:00Z")).is_err());
        let (list, asked) = store.planned_dispatches("A-1").unwrap().unwrap();
        assert_eq!((list.len(), asked), (2, at("2026-03-02T19:00:00Z")));
        assert_eq!(store.planned_accounts().unwrap(), ["A-1"]);
        // They are none of those that were carried out.
        assert_eq!(store.dispatches("A-1").unwrap(), KnownDispatches::default());
    }

    #[test]
    fn what_was_not_asked_for_in_time_is_not_known() {
        let store = Store::in_memory().unwrap();
        let night = told(
            r#"[{"start": "2026-03-02T23:30:00+00:00", "end": "2026-03-03T01:00:00+00:00", "delta": "-10.52",
                "meta": {"source": "smart-charge"}},
                {"startDt": "2026-03-02 22:00:00+00:00", "endDt": "2026-03-02 22:30:00+00:00"}]"#,
        );
        assert_eq!(store.keep_dispatches("A-1", &night, at("2026-03-03T06:00:00Z")).unwrap(), 2);
        // Told again, it is no other; as it was told last.
        let again = told(r#"[{"start": "2026-03-02T23:30:00Z", "end": "2026-03-03T01:30:00Z"}]"#);
        assert_eq!(store.keep_dispatches("A-1", &again, at("2026-03-03T10:00:00Z")).unwrap(), 0);
        assert_eq!(store.keep_dispatches("A-1", &[], at("2026-03-04T06:00:00Z")).unwrap(), 0);
        assert_eq!(store.keep_dispatches("A-12", &night, at("2026-03-09T06:00:00Z")).unwrap(), 2);
        let known = store.dispatches("A-1").unwrap();
        let spans: Vec<_> = known.list.iter().map(|one| (one.from, one.to)).collect();
        assert_eq!(
            spans,
            [
                (at("2026-03-02T22:00:00Z"), at("2026-03-02T22:30:00Z")),
                (at("2026-03-02T23:30:00Z"), at("2026-03-03T01:30:00Z"))
            ]
        );
        assert_eq!(
            known.known,
            [
                (at("2026-03-02T18:00:00Z"), at("2026-03-03T10:00:00Z")),
                (at("2026-03-03T18:00:00Z"), at("2026-03-04T06:00:00Z"))
            ]
        );
        assert_eq!(
            known.unknown((at("2026-03-02T12:00:00Z"), at("2026-03-04T08:00:00Z"))),
            [
                (at("2026-03-02T12:00:00Z"), at("2026-03-02T18:00:00Z")),
                (at("2026-03-03T10:00:00Z"), at("2026-03-03T18:00:00Z")),
                (at("2026-03-04T06:00:00Z"), at("2026-03-04T08:00:00Z"))
            ]
        );
        let lost = (at("2026-03-03T10:00:00Z"), at("2026-03-03T18:00:00Z"));
        assert_eq!(known.lost(at("2026-03-04T18:00:00Z")), [lost], "what came since may still be asked for");
        assert_eq!(known.lost(at("2026-03-04T19:00:00Z")).len(), 2);
        assert_eq!(known.unknown((at("2026-03-03T00:00:00Z"), at("2026-03-03T10:00:00Z"))), []);
        assert_eq!(known.unknown((at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"))).len(), 1);
        assert_eq!(store.dispatched_accounts().unwrap(), ["A-1", "A-12"]);
        let nothing = store.dispatches("A-2").unwrap();
        assert_eq!((nothing.list.len(), nothing.known.len()), (0, 0));
        for bad in [
            r#"[{"end": "2026-03-03T01:30:00Z"}]"#,
            r#"[{"start": "2026-03-03T01:30:00Z", "end": "2026-03-03T01:30:00Z"}]"#,
            r#"[{"start": "yesterday", "end": "2026-03-03T01:30:00Z"}]"#,
        ] {
            let refused = store.keep_dispatches("A-3", &told(bad), at("2026-03-03T06:00:00Z")).unwrap_err();
            assert!(refused.to_string().contains("a dispatch"), "{refused}");
        }
        assert_eq!(store.dispatches("A-3").unwrap(), KnownDispatches::default());
    }
}
