//! Cheapest windows as a page of text.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::figure::Mark;
use super::number::{count, per_kwh, plural, rate};
use super::rates::Rates;
use super::style::{CHOSEN, DEAR, FAINT, Palette, TITLE, WARNING, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use kwhen::plan::SlotPrices;
use kwhen::plan::statistics::Statistics;
use kwhen::plan::window::WindowDecision;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen_app::answer::windows::Cheapest;

impl Page for Cheapest {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        page(self, calendar, palette)
    }

    fn csv(&self) -> String {
        rows(self)
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }

    fn first(&self) -> Option<&str> {
        self.notices.first()
    }
}

fn page(found: &Cheapest, calendar: Calendar, palette: Palette) -> String {
    let clock = Clock(calendar);
    let (prices, asked) = (&found.prices, &found.asked);
    let title = format!("{asked}, {}", clock.period(found.frame.span));
    let mut page = format!("{}\n\n", palette.paint(TITLE, &title));
    page.push_str(&head(found, clock, palette));
    page.push_str(&table(found, clock, palette));
    page.push('\n');
    if let Some(best) = found.windows.first() {
        let shown = chart_span(&best.blocks, prices, calendar);
        page.push_str(&chart(prices, &best.blocks, shown, None, calendar, palette));
        page.push('\n');
    }
    page.push_str(&comparison(found, prices, palette));
    page.push_str(&answers(found, clock, palette));
    page.push_str(&noted(found.notices.others(), palette));
    page
}

/// What matters most.
fn head(found: &Cheapest, clock: Clock, palette: Palette) -> String {
    let unit = per_kwh(found.frame.currency);
    let spans =
        |blocks: &[Span]| blocks.iter().map(|block| clock.brief(*block)).collect::<Vec<_>>().join(", ");
    let best = found.windows.first().map(|best| {
        Card::new("Best", format!("{} {unit}", rate(best.average_minor_per_kwh)), spans(&best.blocks))
            .styled(CHOSEN)
    });
    let mean =
        found.mean_minor_per_kwh.map(|mean| Card::new("On average", format!("{} {unit}", rate(mean)), ""));
    let worst = found.worst.as_ref().map(|worst| {
        let name = if found.for_export { "Cheapest" } else { "Dearest" };
        let price = format!("{} {unit}", rate(worst.average_minor_per_kwh));
        Card::new(name, price, spans(&worst.blocks)).styled(DEAR)
    });
    cards([best, mean, worst].into_iter().flatten(), palette)
}

fn table(found: &Cheapest, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("", Align::Right),
        ("when", Align::Left),
        (&format!("{} avg", per_kwh(found.frame.currency)), Align::Right),
        (if found.windows.len() > 1 { "above best" } else { "" }, Align::Right),
    ]);
    let best = found.windows.first();
    for (place, window) in (1_usize..).zip(&found.windows) {
        let style = if place == 1 { CHOSEN } else { anstyle::Style::new() };
        for (block_place, block) in window.blocks.iter().enumerate() {
            let first = block_place == 0;
            let above = best
                .filter(|_| first && place > 1)
                .map(|best| format!("+{}", rate(window.dearer_than(best))));
            table.row([
                if first { place.to_string() } else { String::new() }.into(),
                Cell::styled(clock.range(*block), style),
                if first { rate(window.average_minor_per_kwh) } else { String::new() }.into(),
                above.unwrap_or_default().into(),
            ]);
        }
    }
    table.render(palette)
}

/// What else was asked: starts against money, why not then, whether to keep the plan in force.
fn answers(found: &Cheapest, clock: Clock, palette: Palette) -> String {
    let mut text = String::new();
    if let Some(best) = found.frontier.last() {
        let mut table = Table::new(&[
            ("starts", Align::Right),
            (&format!("{} avg", per_kwh(found.frame.currency)), Align::Right),
            ("above best", Align::Right),
        ]);
        for window in &found.frontier {
            let above =
                if window == best { String::new() } else { format!("+{}", rate(window.dearer_than(best))) };
            table.row([
                window.starts.to_string().into(),
                rate(window.average_minor_per_kwh).into(),
                above.into(),
            ]);
        }
        text.push_str(&format!("\n{}", table.render(palette)));
    }
    if let Some(statistics) = &found.statistics {
        text.push_str(&format!("\n{}", facts(statistics, &per_kwh(found.frame.currency), palette)));
    }
    if let Some(answer) = &found.why_not {
        let message = answer.message.split_once(": ").map_or(answer.message.as_str(), |(_, message)| message);
        text.push_str(&format!("\nWhy not {}? {message}.\n", clock.short(answer.start)));
    }
    if let Some(kept) = &found.comparison {
        let unit = per_kwh(found.frame.currency);
        let costs = kept.keeping_costs_minor_per_kwh.map(rate).unwrap_or_default();
        let said = match kept.decision {
            WindowDecision::Keep => {
                format!("The plan in force is kept; that costs {costs} {unit} more than the best.")
            }
            WindowDecision::Change => {
                format!("The plan in force is replaced: keeping it would cost {costs} {unit} more.")
            }
            WindowDecision::Replace | WindowDecision::Nothing => {
                "The plan in force no longer does what is asked for, and is replaced.".to_owned()
            }
        };
        text.push_str(&format!("\n{said}\n"));
    }
    text
}

/// What the rates look like.
fn facts(statistics: &Statistics, unit: &str, palette: Palette) -> String {
    let mut table = Table::new(&[("the rates", Align::Left), (unit, Align::Right)]);
    for quantile in &statistics.quantiles {
        table.row([
            format!("{} % of slots are at or below", quantile.percent).into(),
            rate(quantile.minor_per_kwh).into(),
        ]);
    }
    if let Some(spread) = &statistics.daily_spread {
        table.row(["mean spread of a day".into(), rate(spread.mean_minor_per_kwh).into()]);
        table.row(["largest spread of a day".into(), rate(spread.most_minor_per_kwh).into()]);
    }
    let bands = |bands: &[kwhen::time::LocalBand]| {
        bands.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let mut text = table.render(palette);
    text.push_str(&format!(
        "Cheapest quarter of the day: {}; dearest: {}; {}; {} below 0.\n",
        bands(&statistics.cheap_bands),
        bands(&statistics.dear_bands),
        plural(statistics.spikes.len(), "spike"),
        plural(statistics.negative, "slot")
    ));
    text
}

/// What the best is better than.
fn comparison(found: &Cheapest, prices: &SlotPrices, palette: Palette) -> String {
    let minutes = prices.grid().slot_length().minutes();
    let slots = if minutes == 30 { "half-hour".to_owned() } else { format!("{minutes}-minute slot") };
    let mean = found
        .mean_minor_per_kwh
        .map(|mean| format!("{} {} on average", rate(mean), per_kwh(found.frame.currency)));
    let worst = found.worst.as_ref().map(|worst| {
        let what = if found.for_export { "cheapest" } else { "dearest" };
        format!("{} at the {what} time", rate(worst.average_minor_per_kwh))
    });
    let facts: Vec<String> = [Some(plural(found.slots, &slots)), mean, worst].into_iter().flatten().collect();
    let mut text = format!("{}.\n", palette.paint(FAINT, &facts.join("; ")));
    let missing: i64 = found.missing_rates.iter().map(|span| span.seconds()).sum();
    if missing > 0 {
        let slots_missing = usize::try_from(missing / prices.grid().slot_length().seconds()).unwrap_or(0);
        let note = format!(
            "{} of {} have a rate; no run crosses a gap.",
            count(found.slots.saturating_sub(slots_missing)),
            plural(found.slots, &slots)
        );
        text.push_str(&format!("{}\n", palette.paint(WARNING, &note)));
    }
    text
}

/// The day to draw: the local day that the window is in; where it crosses midnight, noon to noon; where it is longer, all of it.
pub(crate) fn chart_span(blocks: &[Span], prices: &SlotPrices, calendar: Calendar) -> Option<Span> {
    let (from, to) = (blocks.first()?.from(), blocks.last()?.to());
    let all = prices.grid().span()?;
    let date = calendar.local(from).date();
    let candidates = [0, 12].map(|hour| {
        // From noon of the day before, where the window starts in the small hours and noon to noon would begin too late.
        let start = calendar.instant_of(date.and_hms_opt(hour, 0, 0)?).ok()?;
        let start = if start > from { start - TimeDelta::days(1) } else { start };
        let end_date = calendar.local(start).date() + chrono::Days::new(1);
        let end = calendar.instant_of(end_date.and_hms_opt(hour, 0, 0)?).ok()?;
        Span::new(start, end).ok()
    });
    let holding = candidates.into_iter().flatten().find(|span| span.contains(from) && to <= span.to());
    let shown = holding.or_else(|| Span::new(from, to).ok())?;
    shown.intersection(all)
}

/// Rates over a span as bars, the blocks marked.
pub(crate) fn chart(
    prices: &SlotPrices,
    blocks: &[Span],
    shown: Option<Span>,
    now: Option<DateTime<Utc>>,
    calendar: Calendar,
    palette: Palette,
) -> String {
    let Some(shown) = shown else { return String::new() };
    let mark = |span: Span| {
        let chosen = blocks.iter().any(|block| block.intersection(span).is_some());
        if chosen { Mark::Takes } else { Mark::Idle }
    };
    Rates { prices, shown, now, calendar }.chart(mark, palette)
}

fn rows(found: &Cheapest) -> String {
    let mut csv = Csv::new(&["window", "from", "to", "minutes", "average_minor_per_kwh", "starts"]);
    for (place, window) in (1_usize..).zip(&found.windows) {
        for block in &window.blocks {
            csv.row(&[
                place.to_string(),
                instant_text(block.from()),
                instant_text(block.to()),
                (block.seconds() / 60).to_string(),
                window.average_minor_per_kwh.to_string(),
                window.starts.to_string(),
            ]);
        }
    }
    csv.into_text()
}
