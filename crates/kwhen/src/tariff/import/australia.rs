//! A plan of Australia's Consumer Data Right (`Get Generic Plan Detail`): dollars without GST.

use super::draft::{Draft, Wanted, put, scaled};
use super::hours::{DAYS, bands};
use super::tree::Node;
use crate::error::{Error, Result};
use crate::time::Calendar;
use serde_json::{Value, json};

/// The plan in a file; `None` where there is none; an error for a list of plans, which has no prices.
pub(super) fn plan(root: &Node) -> Result<Option<&Node>> {
    let data = root.get("data").unwrap_or(root);
    if data.get("plans").is_some() {
        return Err(Error::unsupported(
            "is a list of plans, which has no prices: give the detail of one (/cds-au/v1/energy/plans/{planId})",
        ));
    }
    if data.get("electricityContract").is_none() && data.get("gasContract").is_some() {
        return Err(Error::unsupported("is a plan of gas; one of electricity has an electricityContract"));
    }
    Ok(data.get("electricityContract").map(|_| data))
}

pub(super) fn draft(plan: &Node, wanted: Wanted<'_>, calendar: &Calendar) -> Result<Draft> {
    let mut draft = Draft::default();
    draft.set("code", plan.text("planId").unwrap_or(wanted.called));
    draft.set("currency", "AUD");
    draft.set("tax", "10%");
    draft.take("prices are without GST, and GST is 10 %");
    if plan.text("customerType") == Some("BUSINESS") {
        draft.set("customer", "business");
    }
    let Some(contract) = plan.get("electricityContract") else { return Ok(draft) };
    clock(contract, calendar, &mut draft);
    let periods = contract.all("tariffPeriod");
    let [period] = periods.as_slice() else {
        let names: Vec<&str> =
            periods.iter().map(|period| period.text("displayName").unwrap_or("a period")).collect();
        return Err(Error::unsupported(format!(
            "its prices go by {} parts of the year, which are not put together: {}",
            names.len(),
            names.join(", ")
        ))
        .in_field("tariffPeriod"));
    };
    supply(period, &mut draft)?;
    energy(period, &mut draft)?;
    for tariff in contract.all("solarFeedInTariff") {
        feed_in(tariff, &mut draft)?;
    }
    let others = [
        ("controlledLoad", "a load that is switched by the network"),
        ("discounts", "a discount"),
        ("fees", "a fee"),
        ("greenPowerCharges", "green power"),
        ("incentives", "an incentive"),
    ];
    for (field, what) in others {
        for part in contract.all(field) {
            let named = ["displayName", "description", "type"].iter().find_map(|name| part.text(name));
            draft.leave_out(format!("{what}: {}", named.unwrap_or("without a name")));
        }
    }
    for part in plan.all("meteringCharges") {
        draft.leave_out(format!(
            "a charge of the meter: {}",
            part.text("displayName").unwrap_or("without a name")
        ));
    }
    Ok(draft)
}

/// Whose times of day its bands are.
fn clock(contract: &Node, calendar: &Calendar, draft: &mut Draft) {
    match contract.text("timeZone") {
        Some("AEST") => draft.set("time_zone", "Australia/Brisbane"),
        _ if calendar.name().starts_with("Australia/") => {
            draft.goes_by_clock = true;
            draft.set("time_zone", calendar.name());
        }
        _ => {
            draft.goes_by_clock = true;
            draft.set("time_zone", "Australia/Sydney");
            draft.leave_out("whose clock it goes by: the file says the local one; Sydney's is taken (--time-zone Australia/Perth)");
        }
    }
}

fn cents(text: &str) -> Result<String> {
    scaled(text, 100, 1)
}

/// What a day costs.
fn supply(period: &Node, draft: &mut Draft) -> Result<()> {
    let charges = ["dailySupplyCharge", "dailySupplyCharges"].iter().find_map(|name| period.text(name));
    if let Some(charge) = charges {
        draft.set("standing_charge", cents(charge)?);
    }
    for band in period.all("bandedDailySupplyCharges") {
        draft.leave_out(format!("a supply charge by bands: {}", band.text("unitPrice").unwrap_or("")));
    }
    for demand in period.all("demandCharges") {
        let name = demand.text("displayName").unwrap_or("without a name");
        draft.leave_out(format!(
            "a demand charge, {name}: how a peak is measured differs by network (capacity in docs/tariffs.md)"
        ));
    }
    Ok(())
}

/// Rates with volumes as tiers, the last without an end; one without a volume as a unit rate.
fn rates(node: &Node, period: Option<&str>) -> Result<std::result::Result<Value, String>> {
    let rates = node.all("rates");
    if let Some(unit) = rates.iter().find_map(|rate| rate.text("measureUnit").filter(|unit| *unit != "KWH")) {
        return Ok(Err(format!("its rates are for {unit}")));
    }
    if let [rate] = rates.as_slice() {
        return Ok(Ok(json!({"unit_rate": cents(rate.need("unitPrice")?)?})));
    }
    let every = match period {
        Some("P1D") | None => "day",
        Some("P1M") => "month",
        Some("P3M") => "quarter",
        Some("P1Y") => "year",
        Some(other) => return Ok(Err(format!("its volumes are for {other}"))),
    };
    // A volume is of the block alone; edges add up.
    let mut edge = crate::Energy::ZERO;
    let mut steps = Vec::new();
    for (place, rate) in rates.iter().enumerate() {
        let mut step = json!({"rate": cents(rate.need("unitPrice")?)?});
        if place + 1 < rates.len() {
            let volume: crate::Energy = rate.need("volume")?.parse()?;
            edge = crate::Energy::sum([edge, volume])?;
            put(&mut step, "up_to_kwh", json!(edge.to_string()));
        }
        steps.push(step);
    }
    if steps.is_empty() {
        return Err(Error::missing("holds no rates").in_field("rates"));
    }
    Ok(Ok(json!({"tiers": {"every": every, "steps": steps}})))
}

fn energy(period: &Node, draft: &mut Draft) -> Result<()> {
    let seasonal = [period.text("startDate"), period.text("endDate")];
    if !matches!(seasonal, [None | Some("01-01"), None | Some("12-31")]) {
        draft.leave_out(format!(
            "that its prices hold from {} to {} of a year alone",
            seasonal[0].unwrap_or("its beginning"),
            seasonal[1].unwrap_or("its end")
        ));
    }
    if let Some(single) = period.get("singleRate") {
        return match rates(single, single.text("period"))? {
            Ok(fields) => {
                for (field, value) in fields.as_object().into_iter().flatten() {
                    draft.set(field, value.clone());
                }
                if single.all("rates").len() > 1 {
                    draft.take("the volume of a block is its own, so that the edges of tiers add up");
                }
                Ok(())
            }
            Err(why) => Err(Error::unsupported(why).in_field("singleRate")),
        };
    }
    let times = period.all("timeOfUseRates");
    if times.is_empty() {
        return Err(
            Error::unsupported("has neither a single rate nor rates by time of use").in_field("tariffPeriod")
        );
    }
    let mut prices: Vec<(Vec<When>, String)> = Vec::new();
    for part in times {
        let name = part.text("displayName").or_else(|| part.text("type")).unwrap_or("a time of use");
        if part.all("rates").len() > 1 {
            draft.leave_out(format!("{name}: only the first of its blocks is priced"));
        }
        let rate = part
            .all("rates")
            .first()
            .copied()
            .ok_or_else(|| Error::missing("holds no rates").in_field("rates"))?;
        let when = part.all("timeOfUse").into_iter().map(When::read).collect::<Result<Vec<_>>>()?;
        prices.push((when, cents(rate.need("unitPrice")?)?));
    }
    draft.set("bands", by_time(&prices, None)?);
    Ok(())
}

/// Days by their places, and a stretch of minutes that may go over midnight.
struct When {
    days: Vec<usize>,
    from: u32,
    to: u32,
}

impl When {
    fn read(node: &Node) -> Result<Self> {
        const SHORT: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
        let named = node.texts("days");
        let day = |name: &&str| SHORT.iter().position(|short| short == name);
        if let Some(unknown) = named.iter().find(|name| day(name).is_none() && **name != "PUBLIC_HOLIDAYS") {
            return Err(Error::syntax("not a day such as MON").with_value(*unknown).in_field("days"));
        }
        let days: Vec<usize> =
            if named.is_empty() { (0..7).collect() } else { named.iter().filter_map(day).collect() };
        // An end such as 20:59 counts that minute.
        let end = node.text("endTime").map_or(Ok(1_440), minute)?;
        let end = if end % 10 == 9 { end + 1 } else { end };
        let from = node.text("startTime").map_or(Ok(0), minute)?;
        Ok(Self { days, from, to: if end == 0 { 1_440 } else { end } })
    }

    fn holds(&self, day: usize, minute: u32) -> bool {
        let at = if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        };
        at && self.days.contains(&day)
    }
}

/// `06:00`, `0600`, `T06:00Z`.
fn minute(text: &str) -> Result<u32> {
    let malformed = || Error::syntax("not a time such as 06:00").with_value(text);
    let digits: String = text.chars().filter(char::is_ascii_digit).take(4).collect();
    let (hour, minute) = digits.split_at_checked(2).filter(|_| digits.len() == 4).ok_or_else(malformed)?;
    let (hour, minute): (u32, u32) =
        (hour.parse().map_err(|_| malformed())?, minute.parse().map_err(|_| malformed())?);
    if hour > 24 || minute > 59 || hour * 60 + minute > 1_440 {
        return Err(malformed());
    }
    Ok(hour * 60 + minute)
}

/// Bands of the first price that holds; where none does, `otherwise`, or an error that names the time.
fn by_time(prices: &[(Vec<When>, String)], otherwise: Option<&str>) -> Result<Vec<Value>> {
    let price = |day: usize, minute: u32| {
        let first = prices.iter().find(|(when, _)| when.iter().any(|when| when.holds(day, minute)));
        first.map(|(_, price)| price.as_str()).or(otherwise)
    };
    let edges: Vec<u32> =
        prices.iter().flat_map(|(when, _)| when).flat_map(|when| [when.from, when.to]).chain([0]).collect();
    for day in 0..7 {
        for edge in &edges {
            if price(day, edge % 1_440).is_none() {
                return Err(Error::missing("no rate by time of use holds")
                    .with_value(format!(
                        "{} {:02}:{:02}",
                        DAYS.get(day).unwrap_or(&""),
                        edge % 1_440 / 60,
                        edge % 60
                    ))
                    .in_field("timeOfUse"));
            }
        }
    }
    Ok(bands(&edges, false, |_, day, minute| price(day, minute).unwrap_or_default().to_owned()))
}

/// What exported energy is paid.
fn feed_in(tariff: &Node, draft: &mut Draft) -> Result<()> {
    let name = tariff.text("displayName").unwrap_or("Feed-in");
    let amount_of = |node: &Node| -> Result<Option<String>> {
        let rates = node.all("rates");
        let text = match rates.as_slice() {
            [] => node.text("amount"),
            [rate] => rate.text("unitPrice"),
            _ => None,
        };
        let paid = |text: &str| {
            let cents = cents(text)?;
            Ok(match cents.strip_prefix('-') {
                Some(charged) => charged.to_owned(),
                None => format!("-{cents}"),
            })
        };
        text.map(paid).transpose()
    };
    let component = |fields: Value| {
        let mut component = fields;
        put(&mut component, "name", json!(name));
        put(&mut component, "counts", json!("export"));
        put(&mut component, "tax", json!("none"));
        component
    };
    if let Some(single) = tariff.get("singleTariff") {
        return match amount_of(single)? {
            Some(rate) => {
                draft.components.push(component(json!({"unit_rate": rate})));
                draft.take(format!("{name}: a credit for exported energy bears no GST"));
                Ok(())
            }
            None => {
                draft.leave_out(format!("{name}: its rates go by volume"));
                Ok(())
            }
        };
    }
    let mut prices: Vec<(Vec<When>, String)> = Vec::new();
    for part in tariff.all("timeVaryingTariffs") {
        let Some(rate) = amount_of(part)? else {
            draft.leave_out(format!("{name}: its rates go by volume"));
            return Ok(());
        };
        let when = part.all("timeVariations").into_iter().map(When::read).collect::<Result<Vec<_>>>()?;
        prices.push((when, rate));
    }
    if prices.is_empty() {
        draft.leave_out(format!("{name}: it has no rate that is known"));
        return Ok(());
    }
    draft.components.push(component(json!({"bands": by_time(&prices, Some("0"))?})));
    Ok(())
}
