//! Figures for Prometheus, in its text form. Money and rates are in the major unit of the currency.

use kwhen_app::answer::published::{Said, Status};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

/// Answers by their status.
#[derive(Debug, Default)]
pub(crate) struct Counts(Mutex<BTreeMap<u16, u64>>);

impl Counts {
    pub(crate) fn count(&self, status: u16) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_default() += 1;
    }
}

struct Text(String);

impl Text {
    /// The head of a figure, and its values: labels, and a number as it is written.
    fn figure(&mut self, name: &str, kind: &str, help: &str, values: Vec<(String, String)>) {
        if values.is_empty() {
            return;
        }
        let _ = write!(self.0, "# HELP kwhen_{name} {help}\n# TYPE kwhen_{name} {kind}\n");
        for (labels, value) in values {
            let _ = writeln!(self.0, "kwhen_{name}{labels} {value}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: Option<String>) {
        self.figure(name, "gauge", help, value.map(|value| (String::new(), value)).into_iter().collect());
    }
}

/// A label whose value is a text.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}

/// All figures.
pub(crate) fn text(said: &Said, counts: &Counts) -> String {
    let mut text = Text(String::new());
    text.gauge("rate", "What a kWh costs now, tax in.", said.rates.rate.clone());
    text.gauge("next_rate", "What a kWh costs after that.", said.rates.next_rate.clone());
    let seconds = |at: kwhen_app::answer::published::At| at.0.timestamp().to_string();
    let ground = &said.rates.ground;
    text.gauge("looked_at_seconds", "When the home was looked at last.", Some(seconds(ground.at)));
    text.gauge("rates_known_to_seconds", "To when rates are known.", ground.rates_known_to.map(seconds));
    text.gauge("rates_fetched_at_seconds", "When rates came last.", ground.rates_fetched_at.map(seconds));
    text.gauge("cost_today", "What today has cost until now.", said.cost.today.clone());
    text.gauge("cost_month", "What this month has cost until now.", said.cost.month.clone());
    text.gauge("plan_cost", "What the plan in force comes to.", said.plan.cost.clone());
    text.gauge("problems", "How much stands in the way.", Some(said.data.problems.len().to_string()));
    let devices = said.devices.iter();
    let of = |value: &dyn Fn(&kwhen_app::answer::published::Device) -> Option<String>| {
        let row = |named: &kwhen_app::answer::published::NamedDevice| {
            Some((label("device", &named.id), value(&named.device)?))
        };
        devices.clone().filter_map(row).collect::<Vec<_>>()
    };
    let flag = |is: bool| u8::from(is).to_string();
    text.figure(
        "device_power_kw",
        "gauge",
        "With what power it runs.",
        of(&|device| device.power_kw.clone()),
    );
    text.figure(
        "device_told",
        "gauge",
        "Whether it is told what to do: its level is known, and there is a plan.",
        of(&|device| Some(flag(!matches!(device.status, Status::Unplanned | Status::LevelUnknown)))),
    );
    text.figure(
        "device_level_kwh",
        "gauge",
        "What was stored when it was said last.",
        of(&|device| Some(device.stored.as_ref()?.level_kwh?.to_string())),
    );
    text.figure(
        "device_level_said_at_seconds",
        "gauge",
        "When that was said.",
        of(&|device| device.stored.as_ref()?.level_said_at.map(seconds)),
    );
    let counted = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
    let counted =
        counted.iter().map(|(status, count)| (label("status", &status.to_string()), count.to_string()));
    text.figure("http_answers_total", "counter", "Answers over HTTP, by their status.", counted.collect());
    text.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_figures_without_a_value_left_out() {
        assert_eq!(label("device", "a\"b\\c\nd"), "{device=\"a\\\"b\\\\c\\nd\"}");
        let mut text = Text(String::new());
        text.gauge("rate", "What it costs.", None);
        text.gauge("next", "What follows.", Some("-0.0019".to_owned()));
        assert_eq!(text.0, "# HELP kwhen_next What follows.\n# TYPE kwhen_next gauge\nkwhen_next -0.0019\n");
    }
}
