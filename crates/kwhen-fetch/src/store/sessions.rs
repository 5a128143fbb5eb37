//! The sessions of an account, as they were told.

use super::Store;
use crate::graphql::{JoinedEvent, SavingSessions, SavingSessionsEvent};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What is kept of an account's sessions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredSessions {
    /// Those that it has joined, or booked; those that are told no longer stay.
    pub joined: Vec<JoinedEvent>,
    /// Those that were offered when it was asked last.
    pub offered: Vec<SavingSessionsEvent>,
}

impl Store {
    /// The kind of payload under which an account's sessions are kept.
    pub const SESSIONS: &'static str = "sessions";

    /// Keeps what was told of an account's sessions beside the joined ones that are kept already; how many of them are new.
    ///
    /// # Errors
    /// What is kept already cannot be read; nothing is changed then.
    pub fn keep_sessions(&self, account: &str, told: &SavingSessions, now: DateTime<Utc>) -> Result<usize> {
        let mut kept = self.sessions(account)?.map(|(kept, _)| kept).unwrap_or_default();
        let mut added = 0;
        for joined in told.joined() {
            let key = |one: &JoinedEvent| {
                (one.event_id.as_ref().map(|id| id.get().to_owned()), one.start_at.clone())
            };
            match kept.joined.iter_mut().find(|known| key(known) == key(&joined)) {
                Some(known) => known.clone_from(&joined),
                None => {
                    added += 1;
                    kept.joined.push(joined);
                }
            }
        }
        kept.joined.sort_by(|one, other| one.start_at.cmp(&other.start_at));
        kept.offered.clone_from(&told.events);
        let json = serde_json::to_string(&kept).map_err(|error| Error::store(error.to_string()))?;
        self.keep_document(Self::SESSIONS, account, &json, now.timestamp())?;
        Ok(added)
    }

    /// What is kept of an account's sessions, and when it was asked for last (Unix seconds); `None` where it never was.
    pub fn sessions(&self, account: &str) -> Result<Option<(StoredSessions, i64)>> {
        let Some((json, at)) = self.document(Self::SESSIONS, account)? else { return Ok(None) };
        let read = serde_json::from_str(&json);
        read.map(|sessions| Some((sessions, at)))
            .map_err(|error| Error::store(format!("the stored sessions of {account}: {error}")))
    }

    /// The accounts whose sessions were asked for.
    pub fn accounts_with_sessions(&self) -> Result<Vec<String>> {
        self.documents(Self::SESSIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_sessions_stay_and_offers_are_those_of_the_last_time() {
        let store = Store::in_memory().unwrap();
        let now = "2026-08-22T06:00:00Z".parse().unwrap();
        let read = |json: &str| -> SavingSessions { serde_json::from_str(json).unwrap() };
        assert_eq!(store.sessions("A-1").unwrap(), None);
        let first = read(
            r#"{"events": [{"id": 5661, "code": "EVENT_49", "startAt": "2026-08-23T10:00:00+00:00", "endAt": "2026-08-23T11:00:00+00:00", "eventType": "WEEKEND_HAPPY_HOUR"}],
                "account": {"joinedEvents": [{"eventId": 5661}, {"eventId": 4809, "startAt": "2026-08-05T19:00:00+00:00", "endAt": "2026-08-05T20:00:00+00:00", "eventType": "TURN_DOWN"}]}}"#,
        );
        assert_eq!(store.keep_sessions("A-1", &first, now).unwrap(), 2);
        let (kept, _) = store.sessions("A-1").unwrap().unwrap();
        // What the joined row does not say, the event does.
        assert_eq!(kept.joined[1].event_type.as_deref(), Some("WEEKEND_HAPPY_HOUR"));
        assert_eq!(kept.joined[1].end_at.as_deref(), Some("2026-08-23T11:00:00+00:00"));
        // The event is told no more; its joined row as it was is not lost.
        let later = read(r#"{"events": [], "account": {"joinedEvents": []}}"#);
        assert_eq!(store.keep_sessions("A-1", &later, now).unwrap(), 0);
        let (kept, _) = store.sessions("A-1").unwrap().unwrap();
        assert_eq!((kept.joined.len(), kept.offered.len()), (2, 0));
        assert_eq!(store.accounts_with_sessions().unwrap(), ["A-1"]);
    }
}
