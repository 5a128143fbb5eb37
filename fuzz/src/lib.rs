//! Fuzz targets, one a parser or decoder, and a stable replay of their corpus.
//!
//! `cargo test -p kwhen-fuzz` replays the corpus with seeded mutations on any toolchain. To search further, with a nightly toolchain
//! and `cargo install cargo-fuzz`: `cargo +nightly fuzz run unit_rates --features libfuzzer`.
//!
//! A target returns nothing and must not panic, whatever the bytes; what it accepts must hold its own laws.

use kwhen::bill::BillingRules;
use kwhen::bill::audit::stated_statements;
use kwhen::bill::reconcile::statement_lines;
use kwhen::input::{
    PriceOptions, consumption as read_consumption, standing_charges as read_standing_charges,
    unit_rates as read_unit_rates,
};
use kwhen::input::{ReadingOptions, agreements, calorific_values, dispatches, register_readings, sessions};
use kwhen::layout::{self, DateOrder, Label, Layout, Said};
use kwhen::series::{VatBasis, merge};
use kwhen::tariff::{TariffDefinition, kraken_products};
use kwhen::time::{Calendar, LocalBand, Span, TimeText, instant_text, parse_instant};
use kwhen::{Money, Rounding, UnitRate};
use kwhen_fetch::Instance;
use kwhen_fetch::protocol::{Next, Operation, Response, Session, Settings};
use kwhen_fetch::{graphql, import, rest};

/// What takes any bytes and must not panic.
pub type Target = fn(&[u8]);

/// Every target by name: the name of its binary and of its folder in `corpus`.
pub const TARGETS: [(&str, Target); 13] = [
    ("containers", containers),
    ("layouts", layouts),
    ("unit_rates", unit_rates),
    ("standing_charges", standing_charges),
    ("consumption", consumption),
    ("quantity", quantity),
    ("time", time),
    ("tariff", tariff),
    ("statement", statement),
    ("tables", tables),
    ("rest_page", rest_page),
    ("graphql_answer", graphql_answer),
    ("import_answer", import_answer),
];

/// Unit rates from any bytes: intervals come out sorted and disjoint.
pub fn unit_rates(bytes: &[u8]) {
    for rounding in [None, Some(Rounding::HalfEven)] {
        let Ok(series) = read_unit_rates(bytes, &PriceOptions { rounding, ..PriceOptions::default() }) else {
            continue;
        };
        let intervals: Vec<_> = series.intervals().collect();
        assert!(intervals.windows(2).all(|pair| matches!(pair, [a, b] if a.span.to() <= b.span.from())));
        assert_eq!(intervals.len(), series.len());
    }
}

/// What files are packed in: what is unpacked and is no more than what it was is given as it is again.
pub fn containers(bytes: &[u8]) {
    let Ok(unpacked) = kwhen_app::container::unpacked(bytes.to_vec()) else { return };
    if std::str::from_utf8(&unpacked).is_ok()
        && !unpacked.starts_with(b"PAR1")
        && !unpacked.starts_with(b"ARROW1")
    {
        assert!(!unpacked.starts_with(b"PK\x03\x04"));
    }
}

/// Files of any layout: the sum of readings is that of each, and what was settled on reads the same again.
pub fn layouts(bytes: &[u8]) {
    let calendar = Calendar::great_britain();
    let options = ReadingOptions { rounding: Some(Rounding::HalfEven), ..ReadingOptions::default() };
    let prices = PriceOptions { rounding: Some(Rounding::HalfEven), ..PriceOptions::default() };
    let started =
        Said { label: Some(Label::Start), date_order: Some(DateOrder::DayFirst), ..Said::default() };
    for said in [Said::default(), started] {
        let _ = layout::unit_rates(bytes, &said, &prices);
        let _ = layout::standing_charges(bytes, &said, &prices);
        let Ok(taken) = layout::consumption(bytes, &said, &options, &calendar, None) else { continue };
        let sum = kwhen::Energy::sum(taken.series.iter().flatten());
        assert_eq!(sum.ok(), taken.series.total().ok());
        // With a limit that nothing comes near, rows are read one by one; without, all that are alike in one pass.
        let limited = ReadingOptions { most_an_hour: Some(kwhen::Energy::MAX), ..options };
        if let Ok(one_by_one) = layout::consumption(bytes, &said, &limited, &calendar, None) {
            assert!(one_by_one.series.iter().eq(taken.series.iter()));
            assert_eq!(one_by_one.file, taken.file);
        }
        if let Some(settled) = taken.file.settled {
            let written = settled.to_toml();
            assert_eq!(Layout::from_toml(&written).as_ref(), Ok(&settled), "{written}");
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Layout::from_toml(text);
    }
}

/// Standing charges from any bytes: intervals come out sorted and disjoint.
pub fn standing_charges(bytes: &[u8]) {
    if let Ok(charges) = read_standing_charges(bytes, &PriceOptions::default()) {
        assert!(
            charges.intervals().windows(2).all(|pair| matches!(pair, [a, b] if a.span.to() <= b.span.from()))
        );
    }
}

/// Consumption from any bytes: the sum is the sum of its readings, and merging it never fails on a flat rate.
pub fn consumption(bytes: &[u8]) {
    let options =
        ReadingOptions { rounding: Some(Rounding::HalfEven), snap_seconds: 2, ..ReadingOptions::default() };
    let Ok(series) = read_consumption(bytes, &options) else { return };
    let sum = kwhen::Energy::sum(series.iter().flatten());
    assert_eq!(sum.ok(), series.total().ok());
    let rates = kwhen::RateSeries::flat(kwhen::series::Prices::Exclusive(UnitRate::MAX));
    if let Ok(merged) = merge(&series, &rates) {
        let _ = merged.cost(0..series.grid().len(), VatBasis::Exclusive);
        assert_eq!(merged.billed_slots(0..series.grid().len()), series.reading_count());
    }
}

/// Decimal text: what is read prints to text that reads the same.
pub fn quantity(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(rate) = text.parse::<UnitRate>() {
        assert_eq!(rate.to_string().parse::<UnitRate>().ok(), Some(rate));
        assert_eq!(UnitRate::parse_rounded(text, Rounding::Floor).ok(), Some(rate));
    }
    if let Ok(money) = Money::parse_rounded(text, Rounding::HalfEven) {
        assert_eq!(money.to_string().parse::<Money>().ok(), Some(money));
    }
    let _ = serde_json::from_str::<UnitRate>(text);
}

/// Time text: an instant that is read prints to text that reads the same.
pub fn time(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(instant) = parse_instant(text) {
        assert_eq!(parse_instant(&instant_text(instant)).ok(), Some(instant));
    }
    let _ = TimeText::parse(text);
    let _ = text.parse::<LocalBand>();
    let _ = Calendar::great_britain().parse(text);
}

/// Tariff definitions, products payloads and billing rules from any bytes: a tariff that is read can be expanded over a span.
pub fn tariff(bytes: &[u8]) {
    let gb = Calendar::great_britain();
    let year = gb.parse("2026-01-01").and_then(|from| Span::new(from, gb.parse("2027-01-01")?));
    if let (Ok(tariff), Ok(year)) = (TariffDefinition::from_json(bytes, gb), year) {
        let _ = tariff.unit_rates.series(year);
    }
    let _ = kraken_products(bytes, gb, None);
    let _ = BillingRules::from_json(bytes);
}

/// A statement's lines from any bytes.
pub fn statement(bytes: &[u8]) {
    let gb = Calendar::great_britain();
    let _ = statement_lines(bytes, &gb);
    if let Ok(statements) = stated_statements(bytes, &gb) {
        assert!(statements.iter().all(|one| !one.lines.is_empty() && one.period.seconds() > 0));
    }
}

/// The small tables: register readings, agreements, calorific values, sessions and dispatches.
pub fn tables(bytes: &[u8]) {
    let gb = Calendar::great_britain();
    let _ = register_readings(bytes, &gb);
    let _ = agreements(bytes, &gb);
    if let Ok(values) = calorific_values(bytes) {
        assert!(!values.is_empty());
    }
    let _ = sessions(bytes, &gb);
    if let Ok(read) = dispatches(bytes, &gb) {
        let _ = read.consumption();
        assert!(read.spans.iter().all(|span| span.seconds() > 0));
        assert!(!read.spans.is_empty() || !read.notices.is_empty());
    }
}

/// What an operation makes of these bytes under a status: its output, if they are its last answer.
fn answered<O: Operation>(mut operation: O, status: u16, body: &[u8]) -> Option<O::Output> {
    let session = Session::new(Settings::new(Instance::great_britain()));
    let response = Response { status, headers: Vec::new(), body: body.to_vec() };
    if status != 200 {
        let _ = operation.refused(&response);
    }
    match operation.accept(&session, &response) {
        Ok(Next::Done(output)) => Some(output),
        _ => None,
    }
}

/// The REST answers from any bytes: rates that are read are rows that the engine refuses or takes.
pub fn rest_page(bytes: &[u8]) {
    let rates = rest::Rates::unit_rates("E-1R-AGILE-24-10-01-C").ok();
    if let Some(rates) = rates.and_then(|rates| answered(rates, 200, bytes))
        && let Ok(rows) = kwhen_fetch::wire::rates_to_rows(&rates)
    {
        assert_eq!(rows.len(), rates.len());
        let _ = kwhen::RateSeries::from_rows(rows, None);
    }
    let _ = answered(rest::products(&rest::ProductFilter::default()), 200, bytes);
    let _ = answered(rest::product("AGILE-24-10-01", None), 200, bytes);
    if let Some(account) = answered(rest::account("A-12AB34CD"), 200, bytes) {
        let points = account.properties.iter().flat_map(|property| &property.electricity_meter_points);
        points.for_each(|point| drop(point.agreement_rows()));
    }
}

/// The GraphQL answers from any bytes, whatever the status.
pub fn graphql_answer(bytes: &[u8]) {
    for status in [200, 400] {
        let _ = answered(graphql::rate_limit(), status, bytes);
        let _ = answered(graphql::consumption_estimates(), status, bytes);
        let _ = graphql::planned_dispatches("A-12AB34CD").map(|call| answered(call, status, bytes));
        let _ = graphql::account("A-12AB34CD", "").map(|call| answered(call, status, bytes));
        let epoch = chrono::DateTime::UNIX_EPOCH;
        let _ = answered(graphql::applicable_rates("A-12AB34CD", "1", epoch, epoch), status, bytes);
    }
}

/// The data-import answers from any bytes, and account data from any bytes through its validation.
pub fn import_answer(bytes: &[u8]) {
    for status in [200, 201, 400] {
        let _ = answered(import::account_status("SUPPLIER", "1"), status, bytes);
        let _ = answered(import::account_imports("SUPPLIER"), status, bytes);
    }
    if let Ok(account) = serde_json::from_slice::<import::AccountData>(bytes) {
        for status in [200, 400] {
            let _ = import::validate_account(&account).map(|check| answered(check, status, bytes));
        }
    }
}
