//! A statement's lines beside the engine's: what agrees, what differs, by how much, and which rules would explain it.

use super::{Bill, BillOptions, BillingRules, LineKind};
use crate::error::{Error, Result};
use crate::input::{Field, rows};
use crate::quantity::{Energy, Money, Rounding, UnitRate};
use crate::series::Consumption;
use crate::tariff::Tariff;
use crate::time::{Calendar, Span};
use serde::Serialize;

/// What a line of a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementLineKind {
    /// Energy, all of it or at one rate.
    Energy,
    /// Days at a standing charge.
    StandingCharge,
    /// A levy.
    Levy,
    /// The sum without VAT.
    Subtotal,
    /// VAT.
    Vat,
    /// What is to pay.
    Total,
}

impl StatementLineKind {
    fn named(name: &str) -> Result<Self> {
        Ok(match name.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "energy" => Self::Energy,
            "standing_charge" | "standing" => Self::StandingCharge,
            "levy" => Self::Levy,
            "subtotal" | "net" => Self::Subtotal,
            "vat" => Self::Vat,
            "total" => Self::Total,
            _ => {
                return Err(Error::syntax(
                    "is none of energy, standing_charge, levy, subtotal, vat and total",
                ));
            }
        })
    }
}

/// A printed number and how many decimals it was printed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed<T> {
    /// The number.
    pub value: T,
    /// Its decimals: what it was rounded to.
    pub places: u32,
}

impl<T: std::str::FromStr<Err = Error>> Printed<T> {
    fn read(text: &str) -> Result<Self> {
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end().len());
        Ok(Self { value: text.parse()?, places: u32::try_from(decimals).unwrap_or(u32::MAX) })
    }
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Its number for messages, counted from 1.
    pub row: u64,
    /// What it is for.
    pub kind: StatementLineKind,
    /// When; `None`: the whole statement.
    pub span: Option<Span>,
    /// Energy.
    pub kwh: Option<Printed<Energy>>,
    /// Its unit rate in p/kWh, or its charge in pence a day, without VAT.
    pub rate: Option<Printed<UnitRate>>,
    /// Days.
    pub days: Option<i64>,
    /// Pence: without VAT but for `vat` and `total`.
    pub amount: Printed<Money>,
}

/// Reads the lines of a statement from JSON (an array of objects) or CSV with a header.
///
/// Fields: `kind`; `from` and `to` (dates or times; `to` is not in the line; both or neither); `kwh`; `rate` (p/kWh or p/day); `days`;
/// and `amount_pence`, or `amount` in pounds. How many decimals a number is written with says what it was rounded to.
pub fn statement_lines(bytes: &[u8], calendar: &Calendar) -> Result<Vec<StatementLine>> {
    let lines = rows(bytes)?;
    if lines.is_empty() {
        return Err(Error::missing("holds no lines"));
    }
    lines
        .iter()
        .map(|row| {
            statement_line(row.number, &row.fields, calendar).map_err(|error| error.in_row(row.number))
        })
        .collect()
}

fn statement_line(number: u64, fields: &[Field], calendar: &Calendar) -> Result<StatementLine> {
    fn read<T>(fields: &[Field], name: &str, parse: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
        let field = fields.iter().find(|field| field.name == name && !field.text.trim().is_empty());
        field
            .map(|field| {
                parse(field.text.trim()).map_err(|error| error.with_value(&field.text).in_field(name))
            })
            .transpose()
    }
    let instant = |text: &str| calendar.parse(text);
    let span = match (read(fields, "from", instant)?, read(fields, "to", instant)?) {
        (Some(from), Some(to)) => Some(Span::new(from, to).map_err(|error| error.in_field("to"))?),
        (None, None) => None,
        _ => return Err(Error::missing("give both from and to, or neither").in_field("from")),
    };
    let kind = read(fields, "kind", StatementLineKind::named)?;
    let amount = match read(fields, "amount_pence", Printed::<Money>::read)? {
        Some(amount) => Some(amount),
        None => read(fields, "amount", pounds)?,
    };
    Ok(StatementLine {
        row: number,
        kind: kind.ok_or_else(|| Error::missing("says not what it is for").in_field("kind"))?,
        span,
        kwh: read(fields, "kwh", Printed::read)?,
        rate: read(fields, "rate", Printed::read)?,
        days: read(fields, "days", |text| {
            text.parse().map_err(|_| Error::syntax("not a whole number of days"))
        })?,
        amount: amount.ok_or_else(|| Error::missing("has no amount").in_field("amount_pence"))?,
    })
}

/// Pounds, with or without their sign, as pence.
fn pounds(text: &str) -> Result<Printed<Money>> {
    let text = text.replace(['£', ','], "");
    let printed = Printed::<Money>::read(&text)?;
    Ok(Printed { value: printed.value.times(100)?, places: printed.places.saturating_sub(2) })
}

/// How a line of the statement compares.
#[derive(Clone, Debug, Serialize)]
pub struct ReconciledLine {
    /// Its number.
    pub row: u64,
    /// What it is for.
    pub kind: StatementLineKind,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
    /// What the statement says.
    pub stated_pence: Money,
    /// What the chosen rules give, to all digits.
    pub computed_pence: Option<Money>,
    /// Stated less computed, the latter rounded to the decimals that the statement shows.
    pub difference_pence: Option<Money>,
    /// Whether they agree.
    pub agrees: bool,
    /// The energy that the statement says less the one computed, at the decimals that it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference_kwh: Option<Energy>,
    /// The rules among the presets and the chosen ones under which the line agrees.
    pub explained_by: Vec<String>,
    /// What else was seen, in words.
    pub remarks: Vec<String>,
}

/// A statement compared line by line.
#[derive(Clone, Debug, Serialize)]
pub struct Reconciliation {
    /// When.
    #[serde(flatten)]
    pub period: Span,
    /// The chosen rules' name.
    pub rules: String,
    /// How many lines agree.
    pub agreeing: usize,
    /// How many differ.
    pub differing: usize,
    /// Rules under which every line agrees.
    pub explained_by: Vec<String>,
    /// Line by line.
    pub lines: Vec<ReconciledLine>,
}

/// What a line comes to under some rules.
struct Computed {
    amount: Money,
    kwh: Option<Energy>,
    days: Option<i64>,
    missing_slots: usize,
}

/// Compares the lines of a statement with the bills of the same spans. `dispatches` are half-hours that the tariff's dispatch price is
/// laid over.
pub fn reconcile(
    lines: &[StatementLine],
    tariff: &Tariff,
    consumption: &Consumption,
    dispatches: &[Span],
    period: Span,
    options: &BillOptions,
) -> Result<Reconciliation> {
    let mut candidates = vec![options.rules.clone()];
    candidates.extend(BillingRules::presets().into_iter().filter(|preset| preset.name != options.rules.name));
    let mut bills: Vec<(usize, Span, Option<Bill>)> = Vec::new();
    let mut reconciled = Vec::with_capacity(lines.len());
    for line in lines {
        let span = line.span.unwrap_or(period);
        let mut results = Vec::with_capacity(candidates.len());
        for (place, rules) in candidates.iter().enumerate() {
            if !bills.iter().any(|(known, of, _)| *known == place && *of == span) {
                let options = BillOptions { rules: rules.clone(), grouping: None, ..options.clone() };
                let bill = match tariff.bill(consumption, span, dispatches, &options) {
                    Ok(bill) => Some(bill),
                    Err(error) if error.is_missing() => None,
                    Err(error) => return Err(error.in_row(line.row)),
                };
                bills.push((place, span, bill));
            }
            let bill = bills.iter().find(|(known, of, _)| *known == place && *of == span);
            results.push(match bill.and_then(|(.., bill)| bill.as_ref()) {
                Some(bill) => compute(line, bill)?,
                None => None,
            });
        }
        reconciled.push(judge(line, &candidates, &results)?);
    }
    let agreeing = reconciled.iter().filter(|line| line.agrees).count();
    let explains_all =
        |rules: &&BillingRules| reconciled.iter().all(|line| line.explained_by.contains(&rules.name));
    Ok(Reconciliation {
        period,
        rules: options.rules.name.clone(),
        agreeing,
        differing: reconciled.len() - agreeing,
        explained_by: candidates.iter().filter(explains_all).map(|rules| rules.name.clone()).collect(),
        lines: reconciled,
    })
}

/// What the bill has for a line; `None` where it has no such line.
fn compute(line: &StatementLine, bill: &Bill) -> Result<Option<Computed>> {
    let missing_slots = bill.coverage.slots - bill.coverage.billed_slots;
    let whole = |amount| Computed { amount, kwh: Some(bill.kwh), days: None, missing_slots };
    let wanted = match line.kind {
        StatementLineKind::Subtotal => return Ok(Some(whole(bill.net_pence))),
        StatementLineKind::Vat => return Ok(Some(whole(bill.vat_pence))),
        StatementLineKind::Total => return Ok(Some(whole(bill.total_pence))),
        StatementLineKind::Energy => LineKind::Energy,
        StatementLineKind::StandingCharge => LineKind::StandingCharge,
        StatementLineKind::Levy => LineKind::Levy,
    };
    let all: Vec<_> = bill.lines.iter().filter(|own| own.kind == wanted).collect();
    // A rate picks the lines whose price shows so; where none does, all lines are taken and the rate is remarked upon.
    let priced: Vec<_> = all.iter().copied().filter(|own| shows_rate(line, own.price_pence)).collect();
    let chosen = if line.rate.is_some() && !priced.is_empty() { priced } else { all };
    if chosen.is_empty() {
        return Ok(None);
    }
    Ok(Some(Computed {
        amount: Money::sum(chosen.iter().map(|own| own.net_pence))?,
        kwh: if wanted == LineKind::StandingCharge {
            None
        } else {
            Some(Energy::sum(chosen.iter().filter_map(|own| own.kwh))?)
        },
        days: (wanted == LineKind::StandingCharge).then(|| chosen.iter().filter_map(|own| own.days).sum()),
        missing_slots,
    }))
}

/// Whether a price, shown as the line shows its rate, is that rate.
fn shows_rate(line: &StatementLine, price: Option<Money>) -> bool {
    match (line.rate, price) {
        (Some(rate), Some(price)) => Money::from_units(
            i128::from(rate.value.units()) * crate::quantity::power_of_ten(Money::SCALE - UnitRate::SCALE),
        )
        .is_ok_and(|rate_money| price.round(rate.places, Rounding::HalfUp) == rate_money),
        _ => false,
    }
}

fn agrees(line: &StatementLine, computed: &Computed) -> bool {
    let at = |rounding| computed.amount.round(line.amount.places, rounding) == line.amount.value;
    // Which way a tie was shown is not known.
    at(Rounding::HalfUp) || at(Rounding::HalfEven)
}

fn judge(
    line: &StatementLine,
    candidates: &[BillingRules],
    results: &[Option<Computed>],
) -> Result<ReconciledLine> {
    let explained_by = candidates
        .iter()
        .zip(results)
        .filter(|(_, computed)| computed.as_ref().is_some_and(|computed| agrees(line, computed)))
        .map(|(rules, _)| rules.name.clone())
        .collect();
    let computed = results.first().and_then(Option::as_ref);
    let mut remarks = Vec::new();
    let mut difference_kwh = None;
    if let Some(computed) = computed {
        if computed.missing_slots > 0 {
            remarks.push(format!("{} slots could not be billed", computed.missing_slots));
        }
        if let (Some(stated), Some(kwh)) = (line.kwh, computed.kwh) {
            let shown = kwh.round(stated.places, Rounding::HalfUp);
            let difference = Energy::sum([stated.value, -shown])?;
            if !difference.is_zero() {
                remarks.push(format!("the statement has {} kWh, the readings {kwh}", stated.value));
            }
            difference_kwh = Some(difference);
        }
        if let (Some(stated), Some(days)) = (line.days, computed.days)
            && stated != days
        {
            remarks.push(format!("the statement has {stated} days, the calendar {days}"));
        }
    } else {
        remarks.push("the bill has no such line".to_owned());
    }
    if let Some(remark) = own_arithmetic(line)? {
        remarks.push(remark);
    }
    let difference_pence = computed.map(|computed| {
        let shown = computed.amount.round(line.amount.places, Rounding::HalfUp);
        let other = computed.amount.round(line.amount.places, Rounding::HalfEven);
        let shown = if other == line.amount.value { other } else { shown };
        Money::sum([line.amount.value, -shown])
    });
    Ok(ReconciledLine {
        row: line.row,
        kind: line.kind,
        span: line.span,
        stated_pence: line.amount.value,
        computed_pence: computed.map(|computed| computed.amount),
        difference_pence: difference_pence.transpose()?,
        agrees: computed.is_some_and(|computed| agrees(line, computed)),
        difference_kwh,
        explained_by,
        remarks,
    })
}

/// Whether the printed kWh times the printed rate is the printed amount: where not, the statement shows fewer digits than it used.
fn own_arithmetic(line: &StatementLine) -> Result<Option<String>> {
    let product = match (line.kind, line.kwh, line.days, line.rate) {
        (StatementLineKind::Energy | StatementLineKind::Levy, Some(kwh), _, Some(rate)) => {
            kwh.value * rate.value
        }
        (StatementLineKind::StandingCharge, _, Some(days), Some(rate)) => {
            (one_kwh()? * rate.value).times(days)?
        }
        _ => return Ok(None),
    };
    let shown = product.round(line.amount.places, Rounding::HalfUp);
    Ok((shown != line.amount.value)
        .then(|| format!("its own figures multiply to {shown} p, so it uses more digits than it shows")))
}

fn one_kwh() -> Result<Energy> {
    Ok(Energy::from_units(10_i64.pow(Energy::SCALE))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tariff::TariffDefinition;
    use crate::time::{Grid, SlotLength};

    /// Five rows of a real statement of December 2024: rate, kWh and pence as printed, and the kWh that they must come from.
    const ROWS: [(&str, &str, &str, &str); 5] = [
        ("6.67", "3.59", "23.928", "3.589"),
        ("6.67", "2.88", "19.168", "2.875"),
        ("6.67", "0.48", "3.213", "0.482"),
        ("6.67", "7.36", "49.042", "7.356"),
        ("23.84", "0.00", "0.000", "0"),
    ];

    #[test]
    fn rows_of_a_real_statement_are_explained_by_unrounded_readings() {
        let calendar = Calendar::great_britain();
        let start = calendar.parse("2024-12-10T00:00").unwrap();
        // The fifth row is at the day rate, so its half-hour is the first after the night.
        let grid = Grid::new(start, SlotLength::HALF_HOUR, ROWS.len()).unwrap();
        let readings: Vec<_> = ROWS.iter().map(|(.., kwh)| Some(kwh.parse().unwrap())).collect();
        let consumption = Consumption::on_slots(grid, &readings).unwrap();
        let tariff = TariffDefinition::from_json(
            br#"{"code": "IOG", "bands": [
                {"name": "night", "from": "23:30", "to": "02:00", "rate": "6.667"},
                {"name": "day", "from": "02:00", "to": "23:30", "rate": "23.84"}]}"#,
        )
        .unwrap();
        let mut csv = "kind,from,to,kwh,rate,amount_pence\n".to_owned();
        for (slot, (rate, kwh, pence, _)) in grid.slots().zip(ROWS) {
            let span = slot.span;
            csv.push_str(&format!(
                "energy,{}Z,{}Z,{kwh},{rate},{pence}\n",
                span.from().naive_utc(),
                span.to().naive_utc()
            ));
        }
        let lines = statement_lines(csv.as_bytes(), &calendar).unwrap();
        let options = BillOptions { rules: BillingRules::octopus_statement(), ..BillOptions::default() };
        let found = reconcile(&lines, &tariff, &consumption, &[], grid.span().unwrap(), &options).unwrap();
        assert_eq!((found.agreeing, found.differing), (5, 0), "{found:#?}");
        assert_eq!(found.explained_by, ["octopus-statement", "exact"]);
        for line in &found.lines {
            assert!(line.difference_kwh.is_none_or(Energy::is_zero), "{line:?}");
            // Nothing at any rate is nothing: only the fifth row multiplies to what it shows.
            let digits = line.remarks.iter().any(|remark| remark.contains("more digits"));
            assert_eq!(digits, !line.stated_pence.is_zero(), "{line:?}");
        }
        let documented = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
        let found = reconcile(&lines, &tariff, &consumption, &[], grid.span().unwrap(), &documented).unwrap();
        assert_eq!(found.differing, 4, "the documented rounding gives 23.935, 19.201, 3.2 and 49.069");
        assert_eq!(found.lines[0].difference_pence.unwrap().to_string(), "-0.007");
    }

    #[test]
    fn sums_days_and_wrong_lines_are_told_apart() {
        let calendar = Calendar::great_britain();
        let day = |text| calendar.parse(text).unwrap();
        let period = Span::new(day("2026-03-01"), day("2026-04-01")).unwrap();
        let consumption = Consumption::constant(
            Grid::covering(period, SlotLength::HALF_HOUR).unwrap(),
            "0.5".parse().unwrap(),
        );
        let tariff =
            TariffDefinition::from_json(br#"{"code": "FLAT", "unit_rate": "20", "standing_charge": "50"}"#)
                .unwrap();
        // 743 kWh at 20 p is £148.60, 31 days at 50 p £15.50, VAT £8.205, which is £8.21 or, to the even penny, £8.20.
        let json = r#"[
            {"kind": "energy", "kwh": "743.0", "rate": "20.00", "amount": "£148.60"},
            {"kind": "standing charge", "days": 30, "rate": "50.00", "amount": "15.00"},
            {"kind": "subtotal", "amount_pence": "16410"},
            {"kind": "vat", "amount": "8.21"},
            {"kind": "total", "amount": "172.31"},
            {"kind": "levy", "amount": "1.00"}]"#;
        let lines = statement_lines(json.as_bytes(), &calendar).unwrap();
        let options = BillOptions { rules: BillingRules::octopus(), ..BillOptions::default() };
        let found = reconcile(&lines, &tariff, &consumption, &[], period, &options).unwrap();
        let verdicts: Vec<bool> = found.lines.iter().map(|line| line.agrees).collect();
        assert_eq!(verdicts, [true, false, true, true, true, false], "{found:#?}");
        assert_eq!(found.lines[1].difference_pence.unwrap().to_string(), "-50");
        assert!(found.lines[1].remarks[0].contains("30 days, the calendar 31"));
        assert!(found.lines[5].remarks[0].contains("no such line"));
        for (text, reason) in [
            ("kind,amount\nenergi,1\n", "none of energy"),
            ("kind,amount\nenergy,\n", "has no amount"),
            ("kind,from,amount\nenergy,2026-01-01,1\n", "both from and to"),
            ("kind,amount\nenergy,1x\n", "not a decimal"),
        ] {
            let error = statement_lines(text.as_bytes(), &calendar).unwrap_err();
            assert!(error.to_string().contains(reason) && error.row() == Some(1), "{error}");
        }
    }
}
