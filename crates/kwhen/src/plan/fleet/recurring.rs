//! Appliances that run again and again: what a definition says once for years.

use crate::error::{Error, Result};
use crate::plan::window::Profile;
use crate::quantity::Energy;
use crate::time::{Calendar, Grid, Span, time_of_day};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde::Deserialize;

/// A run on some days of the week.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RunDefinition {
    /// `mon` to `sun`; all if none is named.
    #[serde(default)]
    days: Vec<String>,
    /// It does not start before, by the clock on the wall.
    earliest: String,
    /// It has ended by then; of the next day where that is not later.
    latest: String,
}

/// A load with a programme that runs on days of the week, each time between an earliest start and a latest end.
#[derive(Clone, Debug)]
pub struct RecurringLoad {
    name: String,
    profile: Profile,
    /// How far starts are apart, in seconds.
    every: i64,
    runs: Vec<Run>,
}

#[derive(Clone, Debug)]
struct Run {
    days: Vec<Weekday>,
    earliest: NaiveTime,
    latest: NaiveTime,
}

/// When an appliance runs within a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunTimes {
    /// The times within each of which it runs once, in order.
    pub windows: Vec<Span>,
    /// The days on which it does not run: the clock skips so much of its time, which begins on that day, that its programme does not fit into
    /// what is left.
    pub left_out: Vec<NaiveDate>,
    /// The days on which a time of it begins that does not lie whole within the span, by its end or its beginning: it does not run in those.
    pub cut: Vec<NaiveDate>,
}

/// How far starts are apart where nothing is said.
const HALF_HOUR: i64 = 1_800;

impl RecurringLoad {
    pub(super) fn new(
        name: &str,
        profile: Profile,
        every_minutes: Option<u32>,
        runs: &[RunDefinition],
    ) -> Result<Self> {
        let every = every_minutes.map_or(HALF_HOUR, |minutes| i64::from(minutes) * 60);
        if every == 0 {
            return Err(Error::out_of_range("starts are at least a minute apart")
                .in_field("start_every_minutes")
                .with_value("0"));
        }
        if runs.is_empty() {
            return Err(Error::missing(
                "it is not said on which days it runs, and between which times: [[runs]] with days, earliest and latest",
            )
            .in_field("runs"));
        }
        let runs = runs.iter().enumerate();
        let runs = runs.map(|(place, run)| {
            let read = run.read().and_then(|run| run.holding(&profile));
            read.map_err(|error| error.in_row(place as u64 + 1))
        });
        let runs = runs.collect::<Result<_>>()?;
        Ok(Self { name: name.to_owned(), profile, every, runs })
    }

    /// The same by another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The times within which it runs once each, that lie whole within a span. A time that the clock cuts to less than the programme is none: it is
    /// named. An error for two that overlap.
    pub fn times(&self, calendar: &Calendar, span: Span) -> Result<RunTimes> {
        let mut times = RunTimes::default();
        for run in &self.runs {
            let (mut date, last) = (calendar.local(span.from()).date(), calendar.local(span.to()).date());
            while date <= last {
                if run.days.is_empty() || run.days.contains(&date.weekday()) {
                    let end = if run.latest > run.earliest { date } else { date + TimeDelta::days(1) };
                    let at = |date: NaiveDate, time| calendar.instant_of(date.and_time(time));
                    let (from, to) = (at(date, run.earliest)?, at(end, run.latest)?);
                    if from >= span.from() && to <= span.to() {
                        if (to - from).num_seconds() < self.profile.seconds() {
                            times.left_out.push(date);
                        } else {
                            times.windows.push(Span::new(from, to)?);
                        }
                    } else if from < span.to() && to > span.from() {
                        times.cut.push(date);
                    }
                }
                date += TimeDelta::days(1);
            }
        }
        times.windows.sort();
        times.left_out.sort();
        times.cut.sort();
        let next = times.windows.iter().skip(1);
        match times.windows.iter().zip(next).find(|(one, next)| one.to() > next.from()) {
            Some((one, next)) => {
                Err(Error::overlap(format!("two of its runs overlap: {one} and {next}")).in_field("runs"))
            }
            None => Ok(times),
        }
    }

    /// How long its programme lasts.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.profile.minutes()
    }

    /// The start of a run within a window that costs the least, and what the run takes by slot of a grid; the earliest of those that cost the same. `cost`
    /// says what taking so much (10^-8 kWh) in a slot costs; `None` where it cannot be taken.
    pub(crate) fn cheapest(
        &self,
        window: Span,
        grid: &Grid,
        cost: impl Fn(usize, i64) -> Option<i128>,
    ) -> Option<Vec<(usize, Energy)>> {
        let last = window.to() - TimeDelta::seconds(self.profile.seconds());
        let mut best: Option<(i128, Vec<(usize, Energy)>)> = None;
        let mut start = window.from();
        while start <= last {
            let slots = self.taken(start, grid);
            let costs = slots.iter().map(|(slot, energy)| cost(*slot, energy.units()));
            let whole = costs.sum::<Option<i128>>().filter(|_| !slots.is_empty());
            if let Some(whole) = whole.filter(|whole| best.as_ref().is_none_or(|(least, _)| whole < least)) {
                best = Some((whole, slots));
            }
            start += TimeDelta::seconds(self.every);
        }
        best.map(|(_, slots)| slots)
    }

    /// What a run that starts then takes by slot; none where it is not whole on the grid.
    fn taken(&self, start: DateTime<Utc>, grid: &Grid) -> Vec<(usize, Energy)> {
        let end = start + TimeDelta::seconds(self.profile.seconds());
        let Some(first) = grid.index_of(start).filter(|_| end <= grid.end()) else { return Vec::new() };
        let length = grid.slot_length().seconds();
        // Rounded as a running sum, so that the slots sum to the whole.
        let until = |second: i64| self.profile.taken(0, second) / 3_600;
        let offset = (grid.slots_span(first, first + 1).from() - start).num_seconds();
        let slots = (0..)
            .map(|place| (first + place as usize, offset + length * place))
            .take_while(|(_, from)| *from < self.profile.seconds());
        let taken = slots.filter_map(|(slot, from)| {
            let units = until((from + length).min(self.profile.seconds())) - until(from.max(0));
            let energy = Energy::from_units(i64::try_from(units).ok()?).ok()?;
            Some((slot, energy))
        });
        taken.filter(|(_, energy)| !energy.is_zero()).collect()
    }
}

impl Run {
    /// The same; an error where it is too short for a programme by the clock itself.
    fn holding(self, profile: &Profile) -> Result<Self> {
        let seconds = (self.latest - self.earliest).num_seconds();
        let seconds = if seconds > 0 { seconds } else { seconds + 86_400 };
        if seconds < profile.seconds() {
            return Err(Error::infeasible(format!(
                "its programme of {} minutes does not fit into the time from {} to {}",
                profile.minutes(),
                self.earliest.format("%H:%M"),
                self.latest.format("%H:%M")
            ))
            .in_field("runs"));
        }
        Ok(self)
    }
}

impl RunDefinition {
    fn read(&self) -> Result<Run> {
        let day = |day: &String| {
            day.parse::<Weekday>().map_err(|_| {
                Error::syntax("a day is mon, tue, wed, thu, fri, sat or sun")
                    .in_field("runs.days")
                    .with_value(day)
            })
        };
        let time = |text: &str, field: &str| {
            time_of_day(text).ok_or_else(|| {
                Error::syntax("is no time of day such as 20:00").in_field(field).with_value(text)
            })
        };
        Ok(Run {
            days: self.days.iter().map(day).collect::<Result<_>>()?,
            earliest: time(&self.earliest, "runs.earliest")?,
            latest: time(&self.latest, "runs.latest")?,
        })
    }
}
