//! Charts as inline SVG. Lengths are whole pixels of a 900-pixel drawing, which the page then scales.

use super::super::number::{pounds, rate};
use super::super::when::Clock;
use chrono::Timelike as _;
use kwhen::bill::Bill;
use kwhen::plan::SlotPrices;
use kwhen::time::{PeriodKind, Span};
use kwhen::{Energy, Money, UnitRate};
use kwhen_app::answer::battery::BatteryPlan;
use std::fmt::Write as _;

const WIDTH: i64 = 900;
const LEFT: i64 = 40;
/// 10^-8 p/kWh in a penny.
const PENNY: i64 = 100_000_000;

/// A drawing under way.
struct Drawing {
    height: i64,
    label: String,
    marks: String,
}

impl Drawing {
    fn new(height: i64, label: &str) -> Self {
        Self { height, label: label.to_owned(), marks: String::new() }
    }

    fn rect(&mut self, class: &str, place: (i64, i64), size: (i64, i64), tip: &str) {
        // Writing to a String cannot fail.
        let _ = write!(
            self.marks,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            place.0,
            place.1,
            size.0.max(0),
            size.1.max(0),
            escaped(tip)
        );
    }

    fn line(&mut self, class: &str, y: i64) {
        let _ = write!(
            self.marks,
            "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>"
        );
    }

    fn text(&mut self, x: i64, y: i64, anchor: &str, text: &str) {
        let _ =
            write!(self.marks, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>", escaped(text));
    }

    fn finish(self) -> String {
        format!(
            "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"{}\">{}</svg>",
            self.height,
            escaped(&self.label),
            self.marks
        )
    }
}

/// The vertical scale of a chart of rates: pixels from values, with lines at round pence.
pub(crate) struct Scale {
    top: i64,
    height: i64,
    highest: i64,
    lowest: i64,
    step: i64,
}

impl Scale {
    /// Covers all values and zero.
    pub(crate) fn new(values: impl Iterator<Item = i64> + Clone, top: i64, height: i64) -> Self {
        let highest = values.clone().max().unwrap_or(0).max(0);
        let lowest = values.min().unwrap_or(0).min(0);
        let span = (i128::from(highest) - i128::from(lowest)).max(1);
        let mut step = 1_i64;
        'found: loop {
            for factor in [1, 2, 5] {
                if span / i128::from(step.saturating_mul(factor)) <= 6 {
                    step = step.saturating_mul(factor);
                    break 'found;
                }
            }
            step = step.saturating_mul(10);
        }
        let ceiling = |value: i64| (value / step + i64::from(value % step != 0)) * step;
        Self { top, height, highest: ceiling(highest), lowest: -ceiling(-lowest), step }
    }

    pub(crate) fn y(&self, value: i64) -> i64 {
        let span = (i128::from(self.highest) - i128::from(self.lowest)).max(1);
        let above = i128::from(self.highest) - i128::from(value);
        self.top + i64::try_from(above * i128::from(self.height) / span).unwrap_or(0)
    }

    fn lines(&self) -> impl Iterator<Item = i64> {
        let (lowest, step) = (self.lowest, self.step);
        (0..=(self.highest - lowest) / step).map(move |number| lowest + number * step)
    }
}

/// Where a rates chart begins and how tall it is.
const RATES: (i64, i64) = (24, 200);

/// Unit rates as bars, the chosen blocks in green.
pub(crate) fn rates(prices: &SlotPrices, shown: Span, blocks: &[Span], clock: Clock) -> String {
    let chosen = |span: Span| blocks.iter().any(|block| block.intersection(span).is_some()).then_some("best");
    let mut drawing = Drawing::new(252, "Unit rates by half-hour");
    rate_bars(&mut drawing, prices, shown, chosen, clock);
    drawing.finish()
}

/// Unit rates as bars, green where the battery charges and amber where it gives, and below them what is stored.
pub(crate) fn battery(plan: &BatteryPlan, prices: &SlotPrices, clock: Clock) -> String {
    const TOP: i64 = 286;
    const HEIGHT: i64 = 90;
    let mut drawing = Drawing::new(TOP + HEIGHT + 12, "Unit rates and the battery's store by half-hour");
    let class = |span: Span| {
        let slot = prices.grid().index_of(span.from()).and_then(|index| plan.slots.get(index))?;
        if slot.charge_kwh > Energy::ZERO {
            Some("best")
        } else if slot.discharge_kwh > Energy::ZERO {
            Some("gives")
        } else {
            None
        }
    };
    rate_bars(&mut drawing, prices, plan.frame.span, class, clock);

    let scale = Scale::new(plan.slots.iter().map(|slot| slot.stored_kwh.units()), TOP, HEIGHT);
    for value in scale.lines() {
        drawing.line(if value == 0 { "axis" } else { "grid" }, scale.y(value));
        let kwh = Energy::from_units(value).map(|energy| energy.to_string()).unwrap_or_default();
        drawing.text(LEFT - 6, scale.y(value) + 4, "end", &kwh);
    }
    drawing.text(0, TOP - 10, "start", "kWh");
    let columns = i64::try_from(plan.slots.len()).unwrap_or(1).max(1);
    // The level at the end of each slot; the first point stands below the first of them.
    let place = |column: i64| LEFT + (WIDTH - LEFT) * column / columns;
    let mut path = format!("M{} {}", place(1), scale.y(0));
    for (column, slot) in (1_i64..).zip(&plan.slots) {
        let x = place(column);
        let _ = write!(path, "L{x} {}", scale.y(slot.stored_kwh.units()));
    }
    let _ = write!(drawing.marks, "<path class=\"stored\" d=\"{path}L{WIDTH} {}z\"/>", scale.y(0));
    drawing.finish()
}

fn rate_bars(
    drawing: &mut Drawing,
    prices: &SlotPrices,
    shown: Span,
    chosen: impl Fn(Span) -> Option<&'static str>,
    clock: Clock,
) {
    let slots = prices.grid().slots_starting_in(shown);
    let known = slots.clone().filter_map(|index| prices.paid(index)).map(UnitRate::units);
    let scale = Scale::new(known, RATES.0, RATES.1);
    // Dear is half as much again as the mean of all that is known, whatever part is shown.
    let all =
        (0..prices.grid().len()).filter_map(|index| prices.paid(index)).map(|paid| i128::from(paid.units()));
    let count = i128::try_from(all.clone().count()).unwrap_or(1).max(1);
    let dear = all.sum::<i128>() * 3 / 2 / count;
    for value in scale.lines() {
        let y = scale.y(value);
        drawing.line(if value == 0 { "axis" } else { "grid" }, y);
        let text = UnitRate::from_units(value).map(|rate| rate.to_string()).unwrap_or_default();
        drawing.text(LEFT - 6, y + 4, "end", &text);
    }
    drawing.text(0, RATES.0 - 10, "start", "p/kWh");
    let columns = i64::try_from(slots.len()).unwrap_or(1).max(1);
    let place = |column: i64| LEFT + (WIDTH - LEFT) * column / columns;
    for (column, slot) in (0_i64..).zip(slots.filter_map(|index| prices.grid().slot(index))) {
        let (x, next) = (place(column), place(column + 1));
        let local = clock.0.local(slot.span.from());
        if local.minute() == 0 && local.hour().is_multiple_of(3) {
            drawing.text(x, RATES.0 + RATES.1 + 24, "middle", &clock.time(slot.span.from()));
        }
        let Some(paid) = prices.paid(slot.index) else { continue };
        let class = chosen(slot.span).unwrap_or(match paid.units() {
            units if units < 0 => "paid",
            units if i128::from(units) >= dear => "dear",
            _ => "bar",
        });
        let (from, to) = (scale.y(paid.units().max(0)), scale.y(paid.units().min(0)));
        let tip = format!("{}: {} p/kWh", clock.range(slot.span), rate(paid));
        drawing.rect(class, (x + 1, from), (next - x - 1, (to - from).max(1)), &tip);
    }
}

/// Each day's cost as a bar.
pub(crate) fn days(bill: &Bill) -> String {
    const HEIGHT: i64 = 120;
    let days = bill.periods.as_deref().unwrap_or_default();
    let largest = days.iter().map(|day| day.total_minor.units()).max().unwrap_or(1).max(1);
    let columns = i64::try_from(days.len()).unwrap_or(1).max(1);
    let mut drawing = Drawing::new(HEIGHT + 30, "Cost of each day");
    drawing.line("axis", HEIGHT + 10);
    drawing.text(LEFT - 6, 18, "end", &Money::from_units(largest).map(pounds).unwrap_or_default());
    drawing.text(LEFT - 6, HEIGHT + 14, "end", "£0");
    for (column, day) in (0_i64..).zip(days) {
        let x = LEFT + (WIDTH - LEFT) * column / columns;
        let next = LEFT + (WIDTH - LEFT) * (column + 1) / columns;
        let height = i128::from(HEIGHT) * day.total_minor.units().max(0) / largest;
        let height = i64::try_from(height).unwrap_or(0);
        let tip = format!("{}: {} for {} kWh", day.period.label, pounds(day.total_minor), day.kwh);
        drawing.rect("day", (x + 2, HEIGHT + 10 - height), (next - x - 4, height), &tip);
        let number = day.period.label.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
        drawing.text(i64::midpoint(x, next), HEIGHT + 25, "middle", number);
    }
    drawing.finish()
}

/// Where one colour of the heat map ends, in pence, and its words.
const HEAT: [(i64, &str); 7] = [
    (0, "below 0"),
    (10, "0 to 10"),
    (18, "10 to 18"),
    (25, "18 to 25"),
    (32, "25 to 32"),
    (40, "32 to 40"),
    (i64::MAX / PENNY, "40 p and more"),
];

/// Every slot of a month as a small square: a column a day, from midnight at the top.
pub(crate) fn heat(prices: &SlotPrices, month: Span, clock: Clock) -> String {
    const ROW: i64 = 5;
    let days = clock.0.cut(PeriodKind::Day, month).unwrap_or_default();
    let columns = i64::try_from(days.len()).unwrap_or(1).max(1);
    let rows = days.iter().map(|day| prices.grid().slots_starting_in(day.span).len()).max().unwrap_or(48);
    let mut paths: [String; HEAT.len()] = Default::default();
    for (column, day) in (0_i64..).zip(&days) {
        let x = LEFT + (WIDTH - LEFT) * column / columns;
        let width = LEFT + (WIDTH - LEFT) * (column + 1) / columns - x - 1;
        for (row, index) in (0_i64..).zip(prices.grid().slots_starting_in(day.span)) {
            let Some(paid) = prices.paid(index) else { continue };
            let colour =
                HEAT.iter().position(|(below, _)| paid.units() < below * PENNY).unwrap_or(HEAT.len() - 1);
            if let Some(path) = paths.get_mut(colour) {
                let _ = write!(path, "M{x} {}h{width}v{ROW}h-{width}z", row * ROW);
            }
        }
    }
    let height = i64::try_from(rows).unwrap_or(48) * ROW;
    let mut drawing = Drawing::new(height + 16, "Unit rates of the month");
    for (colour, path) in paths.iter().enumerate() {
        let _ = write!(drawing.marks, "<path style=\"fill:var(--heat-{colour})\" d=\"{path}\"/>");
    }
    for hour in [0, 6, 12, 18] {
        drawing.text(LEFT - 6, hour * 2 * ROW + 9, "end", &format!("{hour:02}:00"));
    }
    for (column, day) in (0_i64..).zip(&days) {
        let x = LEFT + (WIDTH - LEFT) * (2 * column + 1) / (2 * columns);
        let number = day.label.rsplit('-').next().unwrap_or_default().trim_start_matches('0');
        drawing.text(x, height + 13, "middle", number);
    }
    drawing.finish()
}

/// The colours of the heat map in words.
pub(crate) fn heat_key() -> String {
    let keys: String = HEAT
        .iter()
        .enumerate()
        .map(|(colour, (_, words))| format!("<span style=\"--c:var(--heat-{colour})\">{words}</span>"))
        .collect();
    format!("<span class=\"key\">{keys}</span>")
}

/// Text as HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
