//! The rate now, and the rates of today, as pages of text.

use super::Page;
use super::cards::{Card, cards};
use super::csv::Csv;
use super::number::{Unit, kwh, per_kwh, rate};
use super::style::{CHOSEN, DEAR, FAINT, NEGATIVE, Palette, TITLE, noted};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use anstyle::Style;
use chrono::{DateTime, Utc};
use kwhen::plan::outlook::{Level, RateBand};
use kwhen::plan::statistics::RateAt;
use kwhen::plan::window::Window;
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span, duration_text, instant_text};
use kwhen_app::answer::now::{CostSoFar, Day, Looked, Now, Today};

impl Page for Now {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let clock = Clock(calendar);
        let (now, unit) = (self.looked.now, per_kwh(self.frame.currency));
        let mut page = format!("{}\n\n", palette.paint(TITLE, &moment(now, clock)));
        page.push_str(&ahead(self, clock, palette));
        let current = &self.outlook.current;
        let rate_now = palette.paint(CHOSEN, &format!("{} {unit}", rate(current.minor_per_kwh)));
        let until = |end: DateTime<Utc>| until(end, now, clock);
        page.push_str(&match &self.outlook.next {
            Some(next) => format!(
                "{rate_now} until {}, then {} {unit} until {}.\n",
                until(current.span.to()),
                rate(next.minor_per_kwh),
                until(next.span.to().min(self.outlook.known_to))
            ),
            None if self.outlook.known_to < current.span.to() => format!("{rate_now}; no change is known.\n"),
            None => {
                format!("{rate_now} until {}; what follows is not known yet.\n", until(current.span.to()))
            }
        });
        if !self.windows.is_empty() {
            page.push_str(&format!("\n{}", windows(&self.windows, self.frame.currency, clock, palette)));
            let best = self.windows.last().map_or(&[][..], |window| &window.blocks);
            page.push_str(&format!(
                "\n{}",
                chart(&self.prices, best, self.prices.grid().span(), Some(now), calendar, palette)
            ));
        }
        if let Some(plan) = &self.plan {
            let said = match (plan.running, plan.next) {
                (Some(block), _) => format!("The plan in force runs now, until {}", until(block.to())),
                (None, Some(block)) => {
                    format!("The plan in force does not run now; it does {}", clock.range(block))
                }
                (None, None) => "The plan in force is over".to_owned(),
            };
            page.push_str(&format!("\n{said}.\n"));
        }
        page.push_str(&format!("\n{}", age(&self.looked, Some(self.outlook.known_to), clock, palette)));
        page + &noted(self.notices.others(), palette)
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&["from", "to", "minor_per_kwh"]);
        for slot in self.prices.grid().slots() {
            if let Some(paid) = self.prices.paid(slot.index) {
                csv.row(&[instant_text(slot.span.from()), instant_text(slot.span.to()), paid.to_string()]);
            }
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }
}

impl Page for Today {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let clock = Clock(calendar);
        let mut page = String::new();
        for day in &self.days {
            page.push_str(&of_day(day, self.looked.now, self.frame.currency, calendar, palette));
            page.push('\n');
        }
        if let Some(cost) = &self.cost_so_far {
            page.push_str(&so_far(cost, self.frame.currency, clock, palette));
            page.push('\n');
        }
        let known = self.days.last().and_then(|day| day.bands.last()).map(|band| band.span.to());
        page.push_str(&age(&self.looked, known, clock, palette));
        page + &noted(self.notices.others(), palette)
    }

    fn csv(&self) -> String {
        let mut csv = Csv::new(&["from", "to", "level", "minor_per_kwh"]);
        for day in &self.days {
            for slot in day.prices.grid().slots() {
                let band = day.bands.iter().find(|band| band.span.contains(slot.span.from()));
                if let (Some(band), Some(paid)) = (band, day.prices.paid(slot.index)) {
                    csv.row(&[
                        instant_text(slot.span.from()),
                        instant_text(slot.span.to()),
                        key(band.level).to_owned(),
                        paid.to_string(),
                    ]);
                }
            }
        }
        csv.into_text()
    }

    fn notes(&self) -> Vec<String> {
        self.notices.iter().cloned().collect()
    }
}

/// `Sat 24 Oct 2026 16:30 BST`
fn moment(now: DateTime<Utc>, clock: Clock) -> String {
    format!("{} {} {}", clock.date(now), clock.time(now), clock.0.abbreviation(now))
}

/// A time ahead: the day only where it is another, the zone where it changes before then.
fn until(end: DateTime<Utc>, now: DateTime<Utc>, clock: Clock) -> String {
    let zone = clock.0.abbreviation(end);
    let zone = if zone == clock.0.abbreviation(now) { String::new() } else { format!(" {zone}") };
    let same_day = clock.0.date(end) == clock.0.date(now);
    format!("{}{zone}", if same_day { clock.time(end) } else { clock.short(end) })
}

/// What matters most of now: the rate, the best time ahead, the dearest.
fn ahead(found: &Now, clock: Clock, palette: Palette) -> String {
    let unit = per_kwh(found.frame.currency);
    let current = &found.outlook.current;
    let (grid, prices) = (found.prices.grid(), &found.prices);
    let dearest = grid.slots().filter_map(|slot| Some((prices.paid(slot.index)?, slot.span)));
    let dearest = dearest.rev().max_by_key(|(paid, _)| *paid);
    let mut list = vec![Card::new(
        "Now",
        format!("{} {unit}", rate(current.minor_per_kwh)),
        format!("until {}", until(current.span.to(), found.looked.now, clock)),
    )];
    list.extend(found.windows.iter().take(2).map(|window| {
        let when = window.blocks.iter().map(|block| clock.brief(*block)).collect::<Vec<_>>().join(", ");
        Card::new(
            format!("Best {}", duration_text(window.duration_minutes)),
            format!("{} {unit}", rate(window.average_minor_per_kwh)),
            when,
        )
        .styled(CHOSEN)
    }));
    list.extend(dearest.map(|(paid, span)| {
        Card::new("Dearest ahead", format!("{} {unit}", rate(paid)), clock.brief(span)).styled(DEAR)
    }));
    cards(list, palette)
}

/// What matters most of a day: the cheapest and the dearest of it.
fn ends(day: &Day, unit: &str, clock: Clock, palette: Palette) -> String {
    let card = |name: &str, at: &Option<RateAt>, style| {
        at.as_ref().map(|at| {
            Card::new(name, format!("{} {unit}", rate(at.minor_per_kwh)), clock.brief(at.span)).styled(style)
        })
    };
    let best = day.windows.last().map(|window| {
        let when = window.blocks.iter().map(|block| clock.brief(*block)).collect::<Vec<_>>().join(", ");
        Card::new(
            format!("Best {}", duration_text(window.duration_minutes)),
            format!("{} {unit}", rate(window.average_minor_per_kwh)),
            when,
        )
        .styled(CHOSEN)
    });
    let list = [card("Cheapest", &day.cheapest, CHOSEN), best, card("Dearest", &day.dearest, DEAR)]
        .into_iter()
        .flatten();
    cards(list, palette)
}

fn windows(windows: &[Window], currency: Currency, clock: Clock, palette: Palette) -> String {
    let mut table = Table::new(&[
        ("cheapest", Align::Right),
        ("when", Align::Left),
        (&format!("{} avg", per_kwh(currency)), Align::Right),
    ]);
    for window in windows {
        for block in &window.blocks {
            table.row([
                duration_text(window.duration_minutes).into(),
                Cell::styled(clock.range(*block), CHOSEN),
                rate(window.average_minor_per_kwh).into(),
            ]);
        }
    }
    table.render(palette)
}

/// How far the rates are known, and how old they are.
fn age(looked: &Looked, known_to: Option<DateTime<Utc>>, clock: Clock, palette: Palette) -> String {
    let known = known_to.map(|end| format!(", known to {}", clock.short(end))).unwrap_or_default();
    let fetched = match looked.fetched_at {
        None => String::new(),
        Some(at) => {
            let minutes = (looked.now - at).num_minutes();
            let ago = match minutes {
                i64::MIN..0 => String::new(),
                0 => ", just now".to_owned(),
                1..120 => format!(", {minutes} min ago"),
                120..2880 => format!(", {} h ago", minutes / 60),
                _ => format!(", {} days ago", minutes / 1440),
            };
            format!("; fetched {}{ago}", clock.short(at))
        }
    };
    palette.paint(FAINT, &format!("Rates of {}{known}{fetched}.", looked.tariff)) + "\n"
}

fn of_day(day: &Day, now: DateTime<Utc>, currency: Currency, calendar: Calendar, palette: Palette) -> String {
    let (clock, unit) = (Clock(calendar), per_kwh(currency));
    let mut page = palette.paint(TITLE, &clock.period(day.span));
    if let (Some(mean), Some(least), Some(most)) = (day.mean_minor_per_kwh, &day.cheapest, &day.dearest) {
        page.push_str(&format!(
            ": {} {unit} on average, {} to {}",
            rate(mean),
            rate(least.minor_per_kwh),
            rate(most.minor_per_kwh)
        ));
    }
    page.push_str("\n\n");
    page.push_str(&ends(day, &unit, clock, palette));
    let mut table =
        Table::new(&[("when", Align::Left), ("", Align::Left), (&unit, Align::Right), ("avg", Align::Right)]);
    for band in &day.bands {
        let (word, style) = shown(band.level);
        table.row([
            clock.range(band.span).into(),
            Cell::styled(word, style),
            reach(band).into(),
            rate(band.mean_minor_per_kwh).into(),
        ]);
    }
    let best: &[Span] = day.windows.last().map_or(&[], |window| &window.blocks);
    let drawn = chart(&day.prices, best, Some(day.span), Some(now), calendar, palette);
    // On a page the drawing comes first: the bands may fill a phone's screen.
    let parts = [table.render(palette), drawn];
    let [first, second] = if palette.is_html() {
        let [bands, drawn] = parts;
        [drawn, bands]
    } else {
        parts
    };
    page.push_str(&format!("{first}\n{second}"));
    if !day.windows.is_empty() {
        page.push_str(&format!("\n{}", windows(&day.windows, currency, clock, palette)));
    }
    for gap in &day.missing_rates {
        page.push_str(&format!("No rate is known {}.\n", clock.range(*gap)));
    }
    page
}

/// From the lowest to the highest: `8.10 to 9.75`.
fn reach(band: &RateBand) -> String {
    if band.least_minor_per_kwh == band.most_minor_per_kwh {
        return rate(band.least_minor_per_kwh);
    }
    format!("{} to {}", rate(band.least_minor_per_kwh), rate(band.most_minor_per_kwh))
}

/// As it is written in JSON.
const fn key(level: Level) -> &'static str {
    match level {
        Level::BelowZero => "below_zero",
        Level::Cheap => "cheap",
        Level::Usual => "usual",
        Level::Dear => "dear",
    }
}

const fn shown(level: Level) -> (&'static str, Style) {
    match level {
        Level::BelowZero => ("below 0", NEGATIVE),
        Level::Cheap => ("cheap", CHOSEN),
        Level::Usual => ("", Style::new()),
        Level::Dear => ("dear", DEAR),
    }
}

fn so_far(cost: &CostSoFar, currency: Currency, clock: Clock, palette: Palette) -> String {
    let unit = Unit::of(cost.total_minor, currency);
    let mut text = format!(
        "{} {} for {} kWh, tax and standing charge in, {}.\n",
        palette.paint(TITLE, "So far"),
        unit.said(cost.total_minor),
        kwh(cost.kwh),
        clock.range(cost.span)
    );
    for gap in &cost.missing_consumption {
        text.push_str(&format!("No reading {}: what was used then is not in it.\n", clock.range(*gap)));
    }
    text
}
