//! All of a home on one page: what matters most, what each device does and why, rates, bills and the year.

use super::Page;
use super::cards::{Card, cards};
use super::figure::Mark;
use super::markup::{escaped, fragment};
use super::number::{Unit, kwh, per_kwh, rate};
use super::rates::Rates;
use super::style::{CHOSEN, FAINT, Palette, TITLE, WARNING};
use super::table::{Align, Cell, Table};
use super::when::Clock;
use super::windows::chart;
use super::yesterday::beside;
use anstyle::Style;
use kwhen::plan::{Power, SlotPrices};
use kwhen::quantity::Currency;
use kwhen::time::{Calendar, Span, duration_text};
use kwhen::{Energy, UnitRate};
use kwhen_app::answer::Answer;
use kwhen_app::answer::home::{Block, Runs};
use kwhen_app::answer::overview::Overview;
use kwhen_app::answer::published::{NamedDevice, Status, Stored, Switch};
use std::fmt::Write as _;

impl Page for Overview {
    fn text(&self, calendar: Calendar, palette: Palette) -> String {
        let (clock, now) = (Clock(calendar), self.said.home.now);
        let title =
            format!("At home, {} {} {}", clock.date(now), clock.time(now), calendar.abbreviation(now));
        let mut page = palette.paint(TITLE, &title) + "\n\n";
        page.push_str(&head(self, clock, palette));
        for problem in &self.said.data.problems {
            page.push_str(&palette.paint(WARNING, &format!("{problem}.")));
            page.push('\n');
        }
        page.push_str(&devices(self, clock, palette));
        if let Some(today) = &self.said.home.today {
            page.push_str(&format!("\n{}", today.text(calendar, palette)));
        }
        page.push_str(&yesterday(self, palette));
        page.push_str(&beside(self, clock, palette));
        if let Some(bill) = &self.aside.bill {
            page.push_str(&format!("\n{}", bill.text(calendar, palette)));
        }
        page.push_str(&paid_back(self, palette));
        if let Some(Answer::Windows(year)) = &self.aside.year {
            let drawn = chart(&year.prices, &[], year.prices.grid().span(), None, calendar, palette);
            let title = palette.paint(TITLE, &format!("Rates, {}", clock.period(year.frame.span)));
            page.push_str(&format!("\n{title}\n\n{drawn}\n"));
        }
        if let Some(compared) = &self.aside.compared {
            page.push_str(&format!("\n{}", compared.text(calendar, palette)));
        }
        for note in &self.aside.notes {
            page.push_str(&(palette.paint(FAINT, &format!("Not shown: {note}.")) + "\n"));
        }
        page
    }

    fn csv(&self) -> String {
        String::new()
    }
}

/// What a bill comes to so far, and to the end of its period.
fn totals(answer: Option<&Answer>) -> Option<(String, Option<String>)> {
    let Some(Answer::Bill(one)) = answer else { return None };
    let shown = |money| one.bill.currency.shown(money);
    Some((shown(one.bill.total_minor), one.projection.as_ref().map(|to| shown(to.total_minor))))
}

/// What matters most: the rate, the best time ahead, what it costs.
fn head(overview: &Overview, clock: Clock, palette: Palette) -> String {
    let mut list = Vec::new();
    let home = &overview.said.home;
    if let Some(found) = &home.rates {
        let (unit, current) = (per_kwh(found.frame.currency), found.outlook.current);
        let until = format!("until {}", clock.time(current.span.to()));
        list.push(Card::new("Now", format!("{} {unit}", rate(current.minor_per_kwh)), until));
        if let Some(best) = found.windows.last() {
            let when = best.blocks.iter().map(|block| clock.brief(*block)).collect::<Vec<_>>().join(", ");
            let value = format!("{} {unit}", rate(best.average_minor_per_kwh));
            let name = format!("Best {}", duration_text(best.duration_minutes));
            list.push(Card::new(name, value, when).styled(CHOSEN));
        }
    }
    if let Some(spent) = home.today.as_ref().and_then(|today| today.cost_so_far.as_ref()) {
        let currency = currency(overview);
        let unit = Unit::of(spent.total_minor, currency);
        let until = format!("until {}", clock.time(spent.span.to()));
        list.push(Card::new("Today so far", unit.said(spent.total_minor), until));
    }
    if let Some((so_far, whole)) = totals(overview.aside.bill.as_ref()) {
        let note = whole.map(|whole| format!("{whole} if it goes on like this")).unwrap_or_default();
        list.push(Card::new("This month so far", so_far, note));
    }
    cards(list, palette)
}

fn currency(overview: &Overview) -> Currency {
    let home = &overview.said.home;
    let of_rates = home.rates.as_ref().map(|rates| rates.frame.currency);
    of_rates.or_else(|| home.plan.as_ref().map(|plan| plan.currency)).unwrap_or(Currency::GBP)
}

fn yesterday(overview: &Overview, palette: Palette) -> String {
    let Some(Answer::Bill(one)) = &overview.aside.yesterday else { return String::new() };
    let cost = one.bill.currency.shown(one.bill.total_minor);
    let title = palette.paint(TITLE, "Yesterday");
    let energy = kwh(one.bill.kwh);
    format!("\n{title}\n\n{cost} for {energy} kWh, the standing charge in.\n")
}

/// What somebody else pays back: a line of its own, which is in no bill.
fn paid_back(overview: &Overview, palette: Palette) -> String {
    let Some(month) = overview.said.home.paid_back.as_ref().and_then(|paid| paid.month.as_ref()) else {
        return String::new();
    };
    let (title, currency) = (palette.paint(TITLE, "Paid back"), currency(overview));
    let (sum, energy) = (currency.shown(month.paid_minor), kwh(month.kwh));
    let mut text = format!("{sum} for {energy} kWh of this month, which is not taken off its bill");
    if month.missing_seconds > 0 {
        text.push_str(&format!("; {} have no reading", duration_text(month.missing_seconds / 60)));
    }
    format!("\n{title}\n\n{text}.\n")
}

const fn word(status: Status) -> (&'static str, Style) {
    match status {
        Status::Unplanned => ("not planned", FAINT),
        Status::LevelUnknown => ("told nothing: its level is not known", WARNING),
        Status::Waiting => ("waits", Style::new()),
        Status::Charging => ("charges", CHOSEN),
        Status::Discharging => ("discharges", CHOSEN),
        Status::Running => ("runs", CHOSEN),
    }
}

/// What each device does, and why.
fn devices(overview: &Overview, clock: Clock, palette: Palette) -> String {
    let said = &overview.said;
    if said.devices.is_empty() {
        return String::new();
    }
    let mut page = format!("\n{}\n\n", palette.paint(TITLE, "Devices"));
    let mut table = Table::new(&[
        ("", Align::Left),
        ("now", Align::Left),
        ("kW", Align::Right),
        ("until", Align::Left),
        ("next", Align::Left),
        ("stored", Align::Left),
    ]);
    for NamedDevice { name, device, .. } in &said.devices {
        let (does, style) = word(device.status);
        let at =
            |at: Option<kwhen_app::answer::published::At>| at.map(|at| clock.short(at.0)).unwrap_or_default();
        table.row([
            Cell::styled(name, TITLE),
            Cell::styled(does, style),
            device.power_kw.clone().unwrap_or_default().into(),
            at(device.until).into(),
            at(device.next_from).into(),
            device.stored.as_ref().map(stored).unwrap_or_default().into(),
        ]);
    }
    page.push_str(&table.render(palette));
    for named in &said.devices {
        page.push_str(&planned(overview, named, clock, palette));
    }
    page
}

/// What is stored, and how long ago that was said.
fn stored(stored: &Stored) -> String {
    let Some(level) = stored.level_kwh else { return String::new() };
    let share = stored.level_percent.as_ref().map(|share| format!(" ({share} %)")).unwrap_or_default();
    let ago = match stored.level_age_minutes {
        None | Some(0) => ", just now".to_owned(),
        Some(minutes) => format!(", {minutes} min ago"),
    };
    format!("{} kWh{share}{ago}", kwh(level))
}

/// When a device runs from now on and why then, and what it can be told.
fn planned(overview: &Overview, named: &NamedDevice, clock: Clock, palette: Palette) -> String {
    let (said, device) = (&overview.said, &named.device);
    let mut page = String::new();
    let now = said.home.now;
    if let Some(found) = &said.home.rates
        && !device.blocks.is_empty()
    {
        let (prices, currency) = (&found.prices, found.frame.currency);
        page.push_str(&format!("\n{}\n\n", palette.paint(TITLE, &format!("{}: the plan", named.name))));
        let mark = |slot: Span| {
            let does = device.blocks.iter().find(|block| block.span.intersection(slot).is_some());
            does.map_or(
                Mark::Idle,
                |block| if block.doing == Runs::Discharging { Mark::Gives } else { Mark::Takes },
            )
        };
        if let Some(shown) = prices.grid().span() {
            page.push_str(&Rates { prices, shown, now: Some(now), calendar: clock.0 }.chart(mark, palette));
        }
        page.push_str(&format!("\n{}", runs(&device.blocks, prices, currency, clock, palette)));
    }
    if let Some(stored) = &device.stored {
        if let Some(value) = &stored.value {
            let unit = currency(overview).code().to_string();
            page.push_str(&format!("One more stored kWh of {} is worth {value} {unit} now.\n", named.name));
        }
        for missed in &stored.unreached {
            page.push_str(&(palette.paint(WARNING, &format!("{}: {missed}.", named.name)) + "\n"));
        }
    }
    if overview.hears {
        page.push_str(&controls(named, palette));
    }
    page
}

/// A time in which a device does one thing, at powers that may change.
struct Run {
    span: Span,
    doing: Runs,
    kwh: Energy,
    /// The one power, where it does not change.
    kw: Option<Power>,
}

/// Blocks one after another that do the same, as one.
fn joined(blocks: &[Block]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for block in blocks {
        if let Some(last) = runs.last_mut()
            && (last.doing, last.span.to()) == (block.doing, block.span.from())
            && let Ok(span) = Span::new(last.span.from(), block.span.to())
            && let Some(kwh) = last.kwh.checked_add(block.kwh)
        {
            *last = Run { span, doing: last.doing, kwh, kw: last.kw.filter(|kw| *kw == block.kw) };
            continue;
        }
        runs.push(Run { span: block.span, doing: block.doing, kwh: block.kwh, kw: Some(block.kw) });
    }
    runs
}

/// When it runs, and why then: what a kWh costs in it, and how far that is from the mean of what is known ahead.
fn runs(blocks: &[Block], prices: &SlotPrices, currency: Currency, clock: Clock, palette: Palette) -> String {
    let unit = format!("{} avg", per_kwh(currency));
    let mut table = Table::new(&[
        ("when", Align::Left),
        ("", Align::Left),
        ("kW", Align::Right),
        ("kWh", Align::Right),
        (&unit, Align::Right),
        ("to the mean", Align::Right),
    ]);
    let mean = prices.mean();
    for run in joined(blocks) {
        let does = match run.doing {
            Runs::Charging => "charges",
            Runs::Discharging => "discharges",
            Runs::Running => "runs",
        };
        let paid = average(run.span, prices);
        let apart = paid.zip(mean).and_then(|(paid, mean)| paid.checked_sub(mean));
        let apart = apart.map_or_else(String::new, |apart| {
            format!("{}{}", if apart.is_negative() { "" } else { "+" }, rate(apart))
        });
        table.row([
            Cell::styled(clock.range(run.span), CHOSEN),
            does.into(),
            run.kw.map_or_else(|| "varies".to_owned(), |kw| kwh(kw.over_minutes(60))).into(),
            kwh(run.kwh).into(),
            paid.map_or_else(|| "not known yet".to_owned(), rate).into(),
            apart.into(),
        ]);
    }
    let mean = mean.map(|mean| {
        let text = format!("The mean of what is known ahead is {} {}.", rate(mean), per_kwh(currency));
        palette.paint(FAINT, &text) + "\n"
    });
    table.render(palette) + &mean.unwrap_or_default()
}

/// The mean of the rates in a span by time; none where one is not known.
fn average(span: Span, prices: &SlotPrices) -> Option<UnitRate> {
    let (mut sum, mut seconds) = (0_i128, 0_i128);
    for slot in prices.grid().slots() {
        let Some(shared) = slot.span.intersection(span) else { continue };
        sum += i128::from(prices.paid(slot.index)?.units()) * i128::from(shared.seconds());
        seconds += i128::from(shared.seconds());
    }
    if seconds < i128::from(span.seconds()) {
        return None;
    }
    UnitRate::from_units(i64::try_from(sum.checked_div(seconds)?).ok()?).ok()
}

/// What a device can be told, on a page; in a terminal nothing.
fn controls(named: &NamedDevice, palette: Palette) -> String {
    if !palette.is_html() {
        return String::new();
    }
    let name = escaped(&named.name);
    let mut html = format!(
        "<div class=\"say\" role=\"group\" aria-label=\"Tell {name}\" data-device=\"{}\">",
        escaped(&named.id)
    );
    let mut switch = |what: &str, is_on: Switch, text: &str| {
        let (pressed, value) = if is_on == Switch::On { ("true", "OFF") } else { ("false", "ON") };
        let _ = write!(
            html,
            "<button type=\"button\" data-what=\"{what}\" data-value=\"{value}\" aria-pressed=\"{pressed}\">{text}</button>"
        );
    };
    let field = if let Some(stored) = &named.device.stored {
        switch("charge-now", stored.charge_now, "Charge now");
        switch("hold", stored.hold, "Hold");
        Some(("target", "80%@07:00", "Level to have"))
    } else {
        named.device.programme.as_ref().map(|programme| {
            switch("run", programme.run, "Run within a day");
            ("run", "06:30", "Run by")
        })
    };
    if let Some((what, example, text)) = field {
        let _ = write!(
            html,
            "<label>{text} <input size=\"11\" placeholder=\"{example}\" maxlength=\"40\"></label><button type=\"button\" data-what=\"{what}\">Tell {name}</button>"
        );
    }
    html.push_str("<output role=\"status\"></output></div>");
    fragment(&html) + "\n"
}
