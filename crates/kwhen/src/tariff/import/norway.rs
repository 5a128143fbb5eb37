//! Grid tariffs of Norway as fri-nettleie collects them: a fixed part by steps of power, an energy part by hours, days and months.
//!
//! Prices are without taxes; those of the fixed part are crowns a year, of the energy part øre a kWh.

use super::draft::{Draft, Wanted, dated, only, put, scaled};
use super::hours::bands;
use super::tree::Node;
use crate::error::{Error, Result};
use chrono::{Datelike, Days, NaiveDate};
use serde_json::{Value, json};

const MONTHS: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];
const DAYS: [&str; 7] = ["mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"];

pub(super) fn draft(root: &Node, wanted: Wanted<'_>) -> Result<Draft> {
    let mut draft = Draft::default();
    let owner = root.text("netteier").unwrap_or(wanted.called);
    let entries = chosen(root, wanted)?;
    draft.set("code", owner);
    draft.set("time_zone", "Europe/Oslo");
    draft.set("currency", "NOK");
    draft.set("unit_rate", "0");
    draft.leave_out(
        "the energy price: unit_rate is 0, put the supplier's in its place (spot = {} for the market's)",
    );
    draft.leave_out("taxes: consumption tax (elavgift), Enova's fee and VAT are not in the source (--tax 25%, or none in Nordland, Troms and Finnmark)");
    let (mut first, mut last) = (i32::MAX, i32::MIN);
    let mut holidays = false;
    for entry in entries {
        let (from, to) = (entry.need("gyldig_fra")?, entry.text("gyldig_til").filter(|to| !to.is_empty()));
        let year = |text: &str| text.get(..4).and_then(|year| year.parse::<i32>().ok());
        first = first.min(year(from).unwrap_or(i32::MAX));
        let known = to.or_else(|| root.text("sist_oppdatert")).and_then(year);
        last = last.max(known.or_else(|| year(from)).unwrap_or(i32::MIN) + 1);
        if let Some(fixed) = entry.get("fastledd") {
            let charge = fixed_part(fixed, from, &mut draft)?;
            draft.components.extend(charge.map(|charge| dated(charge, Some(from), to)));
        }
        if let Some(energy) = entry.get("energiledd") {
            let (charge, by_holiday) = energy_part(energy, &mut draft)?;
            holidays |= by_holiday;
            draft.components.push(dated(charge, Some(from), to));
        }
    }
    if holidays && first <= last {
        let dates: Vec<String> =
            (first..=last).flat_map(public_holidays).map(|date| date.to_string()).collect();
        draft.set("holidays", dates);
        draft.take("holidays are Norway's public ones, worked from Easter; the source names none");
    }
    Ok(draft)
}

/// The tariffs of one customer group, or of one name.
fn chosen<'a>(root: &'a Node, wanted: Wanted<'_>) -> Result<Vec<&'a Node>> {
    let all = root.all("tariffer");
    let group = wanted.name.unwrap_or("husholdning");
    let of_group = |entry: &Node, group: &str| {
        let groups = [entry.texts("kundegrupper"), entry.texts("kundegruppe")].concat();
        groups.contains(&group) || group == "husholdning" && groups.contains(&"privat")
    };
    let named: Vec<&Node> = all.iter().copied().filter(|entry| entry.text("navn") == Some(group)).collect();
    let found = if named.is_empty() {
        all.iter().copied().filter(|entry| of_group(entry, group)).collect()
    } else {
        named.into_iter().filter(|entry| of_group(entry, "husholdning")).collect::<Vec<_>>()
    };
    only(found.iter().map(|entry| entry.text("navn").unwrap_or(group)), "tariff")?;
    Ok(found)
}

fn fixed_part(fixed: &Node, from: &str, draft: &mut Draft) -> Result<Option<Value>> {
    let method = fixed.text("metode").unwrap_or("UKJENT");
    let peaks = match method {
        "TRE_DØGNMAX_MND" => 3,
        "MND_MAX" => 1,
        other => {
            draft.leave_out(format!("the fixed part (fastledd) from {from}: it goes by {other}"));
            return Ok(None);
        }
    };
    let mut edges: Vec<(crate::Energy, &Node)> = Vec::new();
    for step in fixed.all("terskler") {
        edges.push((step.need("terskel")?.parse().map_err(|error: Error| error.in_field("terskel"))?, step));
    }
    edges.sort_by_key(|(edge, _)| *edge);
    if edges.first().is_none_or(|(edge, _)| !edge.is_zero()) {
        return Err(Error::order("the lowest terskel is 0").in_field("terskler"));
    }
    let mut steps = Vec::new();
    for (place, (_, step)) in edges.iter().enumerate() {
        let price = scaled(step.need("pris")?, 100, 1).map_err(|error| error.in_field("pris"))?;
        let mut made = json!({"price": price});
        if let Some((edge, _)) = edges.get(place + 1) {
            put(&mut made, "up_to_kw", json!(edge.to_string()));
        }
        steps.push(made);
    }
    let edge = match fixed.text("terskel_inkludert") {
        Some("false") => "inside",
        Some("true") => "outside",
        _ => {
            draft.take(
                "a power that is just a step's edge belongs to the step above; the source does not say it",
            );
            "outside"
        }
    };
    if peaks > 1 {
        draft.take(
            "the peaks of the month that is billed decide on its fixed part, as invoices of BKK and Elvia have it; fri-nettleie writes of \
             the previous month, the last one when the invoice comes (months_before = 1 if your network means it so)",
        );
    }
    Ok(Some(json!({"name": "Fastledd", "capacity": {
        "slot_minutes": 60, "peaks": peaks, "different_days": peaks > 1,
        "every": "year", "edge": edge, "steps": steps,
    }})))
}

/// A price that holds in place of the others at some times.
struct Exception {
    hours: Vec<u32>,
    days: Vec<String>,
    months: Vec<u32>,
    price: String,
}

impl Exception {
    fn read(node: &Node) -> Result<Self> {
        let mut hours = Vec::new();
        for part in node.texts("timer").iter().flat_map(|text| text.split(',')) {
            let malformed = || Error::syntax("not hours such as 6-21").with_value(part).in_field("timer");
            let hour =
                |text: &str| text.trim().parse::<u32>().ok().filter(|hour| *hour < 24).ok_or_else(malformed);
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (hour(from)?, hour(to)?);
            if from <= to {
                hours.extend(from..=to);
            } else {
                hours.extend((from..24).chain(0..=to));
            }
        }
        let mut months = Vec::new();
        for name in node.texts("måneder").into_iter().filter(|name| *name != "alle") {
            let place = MONTHS.iter().position(|month| *month == name);
            let place =
                place.ok_or_else(|| Error::syntax("not a month").with_value(name).in_field("måneder"))?;
            months.push(u32::try_from(place).unwrap_or(0) + 1);
        }
        let days: Vec<String> = node.texts("dager").into_iter().map(str::to_owned).collect();
        let known = ["ukedag", "helg", "helligdager", "fridag", "virkedag", "alle"];
        if let Some(day) =
            days.iter().find(|day| !known.contains(&day.as_str()) && !DAYS.contains(&day.as_str()))
        {
            return Err(Error::syntax("not a day").with_value(day).in_field("dager"));
        }
        Ok(Self { hours, days, months, price: scaled(node.need("pris")?, 1, 1)? })
    }

    /// Whether it goes by holidays.
    fn by_holiday(&self) -> bool {
        self.days.iter().any(|day| ["helligdager", "fridag", "virkedag"].contains(&day.as_str()))
    }

    fn holds(&self, month: u32, day: usize, hour: u32) -> bool {
        let holiday = day == 7;
        let weekend = day == 5 || day == 6;
        let day_holds = |name: &String| match name.as_str() {
            "alle" => true,
            "ukedag" => day < 5,
            "helg" => weekend,
            "helligdager" => holiday,
            "fridag" => weekend || holiday,
            "virkedag" => !weekend && !holiday,
            other => DAYS.get(day).is_some_and(|name| *name == other),
        };
        (self.hours.is_empty() || self.hours.contains(&hour))
            && (self.months.is_empty() || self.months.contains(&month))
            && (self.days.is_empty() || self.days.iter().any(day_holds))
    }
}

/// The energy part, and whether it goes by holidays. Of several exceptions that hold the last counts, as in fri-nettleie's own script.
fn energy_part(energy: &Node, draft: &mut Draft) -> Result<(Value, bool)> {
    let base = scaled(energy.need("grunnpris")?, 1, 1)?;
    let exceptions: Vec<Exception> =
        energy.all("unntak").into_iter().map(Exception::read).collect::<Result<_>>()?;
    if exceptions.is_empty() {
        return Ok((json!({"name": "Energiledd", "kind": "grid-fee", "unit_rate": base}), false));
    }
    let holidays = exceptions.iter().any(Exception::by_holiday);
    let by_weekday = |exception: &Exception| {
        exception.days.iter().any(|day| DAYS.contains(&day.as_str()) || day == "ukedag" || day == "helg")
    };
    if holidays && exceptions.iter().any(by_weekday) {
        draft.leave_out("that a price by weekday holds on holidays too, beside one that goes by holidays");
    }
    let edges: Vec<u32> = (0..24).map(|hour| hour * 60).collect();
    let price = |month: u32, day: usize, minute: u32| {
        let holding = exceptions.iter().rev().find(|exception| exception.holds(month, day, minute / 60));
        holding.map_or(&base, |exception| &exception.price).clone()
    };
    let bands = bands(&edges, holidays, price);
    Ok((json!({"name": "Energiledd", "kind": "grid-fee", "bands": bands}), holidays))
}

/// New Year, Maundy Thursday to Easter Monday, 1 and 17 May, Ascension, Whit Sunday and Monday, Christmas.
fn public_holidays(year: i32) -> Vec<NaiveDate> {
    let Some(easter) = easter(year) else { return Vec::new() };
    let fixed = [(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)];
    let fixed = fixed.into_iter().filter_map(|(month, day)| NaiveDate::from_ymd_opt(year, month, day));
    let before = [3, 2].into_iter().filter_map(|days| easter.checked_sub_days(Days::new(days)));
    let after = [0, 1, 39, 49, 50].into_iter().filter_map(|days| easter.checked_add_days(Days::new(days)));
    let mut dates: Vec<NaiveDate> =
        fixed.chain(before).chain(after).filter(|date| date.year() == year).collect();
    dates.sort_unstable();
    dates.dedup();
    dates
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}
