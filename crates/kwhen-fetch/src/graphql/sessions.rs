//! Sessions: events in which using less or more is rewarded, and hours that are free.

use super::Call;
use crate::Result;
use crate::wire::{Number, Raw, wire};
use serde_json::json;

wire! {
    /// The events of a service, and an account's part in them.
    SavingSessions {
        /// How many.
        event_count as "eventCount": Option<i64>,
        /// The events, whether joined or not.
        events: Vec<SavingSessionsEvent>,
        /// The account's part in them.
        account: Option<SavingSessionsAccount>,
    }

    /// One such event.
    SavingSessionsEvent {
        /// Its number.
        id: Option<Raw>,
        /// Its code, needed to join.
        code: Option<String>,
        /// From when.
        start_at as "startAt": Option<String>,
        /// Until when.
        end_at as "endAt": Option<String>,
        /// The reward.
        reward_per_kwh_in_octo_points as "rewardPerKwhInOctoPoints": Option<Number>,
        /// `TURN_DOWN`, `TURN_UP`, `WEEKEND_HAPPY_HOUR`; not in the documents but seen in use.
        event_type as "eventType": Option<String>,
    }

    /// An account's part in the events. The documents do not spell its fields out; these are seen in use.
    SavingSessionsAccount {
        /// Whether it takes part at all.
        has_joined_campaign as "hasJoinedCampaign": Option<bool>,
        /// The events that it has joined, and the free hours that it has booked.
        joined_events as "joinedEvents": Vec<JoinedEvent>,
    }

    /// An event that an account has joined, or a free hour that it has booked.
    JoinedEvent {
        /// The event's number.
        event_id as "eventId": Option<Raw>,
        /// From when.
        start_at as "startAt": Option<String>,
        /// Until when.
        end_at as "endAt": Option<String>,
        /// What kind, as of the event.
        event_type as "eventType": Option<String>,
        /// The points that it brought; none as long as it is not counted.
        reward_given_in_octo_points as "rewardGivenInOctoPoints": Option<Number>,
    }
}

impl SavingSessions {
    /// The events that the account has joined, each with what the event itself says where its own row does not.
    #[must_use]
    pub fn joined(&self) -> Vec<JoinedEvent> {
        let whole = |joined: &JoinedEvent| {
            let event = self.events.iter().find(|event| event.id.is_some() && event.id == joined.event_id);
            let of_event = |own: &Option<String>, of: fn(&SavingSessionsEvent) -> &Option<String>| {
                own.clone().or_else(|| event.and_then(|event| of(event).clone()))
            };
            JoinedEvent {
                start_at: of_event(&joined.start_at, |event| &event.start_at),
                end_at: of_event(&joined.end_at, |event| &event.end_at),
                event_type: of_event(&joined.event_type, |event| &event.event_type),
                ..joined.clone()
            }
        };
        self.account.iter().flat_map(|account| &account.joined_events).map(whole).collect()
    }
}

/// The events of the service and an account's part in them.
pub fn saving_sessions(account: &str) -> Result<Call<SavingSessions>> {
    let document = "query SavingSessions($accountNumber: String) { savingSessions(accountNumber: $accountNumber) { eventCount \
        events { id code startAt endAt rewardPerKwhInOctoPoints eventType } \
        account { hasJoinedCampaign joinedEvents { eventId startAt endAt eventType rewardGivenInOctoPoints } } } }";
    Call::query(document, "savingSessions").with(&json!({ "accountNumber": account })).map(Call::reading)
}
