//! The plan of a home from now on: all devices together, with what is known at the moment and what is said of the devices.

use super::ahead::{AheadArguments, BEFORE};
use super::battery::circuits;
use super::dispatched;
use super::member::{DeviceShape, Member, Said, doings, short};
use super::meter::slots_ahead;
use super::now::{NowArguments, TodayArguments};
use super::paid_back::PaidBackArguments;
use super::site::{Moment, ReadAhead, SiteArguments};
use crate::answer::home::{Block, Decision, DeviceAhead, Home, HomePlan, LevelAt, Runs, Unreached};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::source::Source;
use crate::words::selling::Market;
use crate::words::{Metering, Pricing, parse, parse_budget, parse_duration};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use clap::Args;
use kwhen::plan::Power;
use kwhen::plan::battery::{Battery, BatteryRequest, Dispatch, Site};
use kwhen::plan::fleet::{Appliance, AppliancePlan, Fleet, FleetDevice, FleetPlan};
use kwhen::plan::forecast::PastDays;
use kwhen::plan::prospect::Prospect;
use kwhen::time::{Calendar, Span, instant_text};
use kwhen::{Energy, Money};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a home is planned by.
#[derive(Args, Debug)]
pub struct HomeArguments {
    #[command(flatten)]
    site: SiteArguments,
    /// A definition of a battery or a car (TOML or JSON; docs/battery-files.md)
    #[arg(long, value_name = "FILE")]
    battery: Vec<PathBuf>,
    /// An appliance with a fixed programme (a dishwasher), planned with the batteries and cars: a definition (TOML or JSON;
    /// docs/battery-files.md)
    #[arg(long, value_name = "FILE")]
    appliance: Vec<PathBuf>,
    /// Limits that groups of devices share (a sub-board, a charger's supply, a phase) and devices that may not run together: a file with
    /// `[[circuits]]` of name, devices, import_kw and export_kw, and `[[exclusions]]` of devices
    #[arg(long, value_name = "FILE")]
    circuits: Option<PathBuf>,
    /// By how many past days load and sun to come are expected, and rates that are not published yet
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..))]
    past_days: u16,
    /// A forecast of the load: readings to come, or columns p10, p50 and p90 of kWh a row; past days are moved to it
    #[arg(long, requires = "load", value_name = "FILE")]
    load_forecast: Option<PathBuf>,
    /// A forecast of solar generation: likewise, or what Solcast gives (JSON)
    #[arg(long, requires = "solar", value_name = "FILE")]
    solar_forecast: Option<PathBuf>,
    /// A forecast of import rates that are not known: rates, columns p10, p50 and p90 of p/kWh, or what agile_predict gives (JSON)
    #[arg(long, value_name = "FILE")]
    rates_forecast: Option<PathBuf>,
    /// How long to look for the best plan and its proof, such as 500ms or 2m; 5s if it is not said
    #[arg(long, value_parser = parse_budget, value_name = "TIME")]
    budget: Option<Duration>,
    /// Keep the plans in force unless the best ones save more than this, in pence
    #[arg(long, value_parser = parse::<Money>, default_value = "1", value_name = "P")]
    unless_better_by: Money,
    /// Meter readings, for what today and this month have cost: JSON as the API gives it, or CSV
    #[arg(long, value_name = "FILE")]
    consumption: Option<PathBuf>,
    /// Standing charges in pence a day
    #[arg(long, requires = "consumption", value_name = "FILE")]
    standing_charges: Option<PathBuf>,
    #[command(flatten)]
    paid_back: PaidBackArguments,
    /// The car that the supplier has charge (Intelligent tariffs), by its name: its planned dispatches, which the stored account's service tells, are
    /// taken into the plan, and their half-hours are cheap for the whole home
    #[arg(long, value_name = "NAME")]
    dispatched: Option<String>,
    /// How long something runs whose cheapest time is wanted; several with commas between
    #[arg(long, value_parser = parse_duration, value_delimiter = ',', default_values = ["1h", "3h"], value_name = "DURATION")]
    duration: Vec<u32>,
}

/// How long the best plan is looked for.
const BUDGET: Duration = Duration::from_secs(5);

/// A plan that is proven to be within a hundredth of a penny or cent of the best is good enough: it is made anew within the slot.
const GAP: &str = "0.01";

/// How far ahead is planned, where nothing is said.
const AHEAD_HOURS: i64 = 48;

/// The devices of a home, read once.
struct Members {
    batteries: Vec<Member>,
    appliances: Vec<Member>,
}

/// A site that lies ahead.
struct Ahead {
    /// In whole slots.
    whole: Site,
    /// From now on.
    site: Site,
    rates_known_to: DateTime<Utc>,
    notices: Vec<String>,
}

/// What is planned, with the wishes of the day.
struct Wished<'a> {
    batteries: Vec<(&'a Member, &'a Said, Battery, BatteryRequest)>,
    appliances: Vec<(&'a Member, &'a Said)>,
}

impl HomeArguments {
    /// For how long something runs whose cheapest time is wanted, in minutes.
    #[must_use]
    pub fn durations(&self) -> &[u32] {
        &self.duration
    }

    /// The file or the tariff of the import rates.
    #[must_use]
    pub fn rates(&self) -> &std::path::Path {
        self.site.rates()
    }

    /// The readings and the standing charges, where they are named.
    #[must_use]
    pub fn metered(&self) -> (Option<&std::path::Path>, Option<&std::path::Path>) {
        (self.consumption.as_deref(), self.standing_charges.as_deref())
    }

    /// Whether somebody else pays energy back.
    #[must_use]
    pub const fn is_paid_back(&self) -> bool {
        self.paid_back.is_named()
    }

    /// The car that the supplier has charge.
    #[must_use]
    pub fn dispatched(&self) -> Option<&str> {
        self.dispatched.as_deref()
    }

    /// How rates and readings are read, and by whose rules they are taxed.
    pub(super) fn reading(&self) -> (&Pricing, &Metering, &Market) {
        let (pricing, metering) = self.site.reading();
        (pricing, metering, self.site.market())
    }

    /// The devices, batteries and cars before appliances.
    ///
    /// # Errors
    /// A definition cannot be read, or two devices have one name.
    pub fn devices(&self, ctx: &Context) -> Result<Vec<DeviceShape>> {
        let members = self.members(ctx, &ctx.calendar()?)?;
        let shapes: Vec<DeviceShape> =
            members.batteries.into_iter().chain(members.appliances).map(|member| member.shape).collect();
        for (place, shape) in shapes.iter().enumerate() {
            if shapes.iter().take(place).any(|other| other.name == shape.name) {
                return Err(Failure::work(format!(
                    "two devices are called {}: give each a name of its own",
                    shape.name
                )));
            }
        }
        Ok(shapes)
    }

    /// The home at the moment of the context. What is not said of a device by its name is as in its definition.
    ///
    /// # Errors
    /// What is asked makes no sense. What cannot be read or planned is among the answer's problems.
    pub fn answer(&self, ctx: &Context, said: &BTreeMap<String, Said>) -> Result<Home> {
        if self.site.series.period.from.is_some() || self.site.series.period.during.is_some() {
            return Err(Failure::usage("a home is planned from now on: --to alone may say to when"));
        }
        if self.site.prices_carbon() {
            return Err(Failure::usage(
                "a home's plan prices no carbon: leave out --carbon and --carbon-price",
            ));
        }
        let calendar = ctx.calendar()?;
        let (pricing, metering) = self.site.reading();
        let looked = NowArguments::of(self.site.rates(), (pricing, self.site.market()), &self.duration);
        let day = TodayArguments::of(
            self.site.rates(),
            (self.consumption.as_deref(), self.standing_charges.as_deref()),
            (pricing, metering, self.site.market()),
            &self.duration,
        );
        let mut problems = Vec::new();
        let rates = kept(looked.answer(ctx), &mut problems);
        let today = kept(day.answer(ctx), &mut problems);
        let month = kept(self.month(ctx, &day, &calendar), &mut problems).flatten();
        let yesterday = kept(self.yesterday(ctx, &calendar), &mut problems).unwrap_or_default();
        let paid_back = self.paid_back.answer(ctx, &calendar, (pricing, metering));
        let paid_back = kept(paid_back, &mut problems).flatten();
        let shapes =
            || Ok(self.members(ctx, &calendar)?.batteries.into_iter().map(|member| member.shape).collect());
        let dispatches = dispatched::ahead(ctx, self.dispatched.as_deref(), shapes, &mut problems)?;
        let planned = dispatches.as_ref().map_or(&[][..], |told| &told.planned);
        let plan = match self.plan(ctx, said, &calendar, planned) {
            Err(Failure::Usage(message)) => return Err(Failure::Usage(message)),
            plan => kept(plan, &mut problems).flatten(),
        };
        Ok(Home {
            now: ctx.now(),
            rates: rates.map(Box::new),
            today: today.map(Box::new),
            month,
            paid_back,
            yesterday,
            dispatches,
            plan,
            problems,
        })
    }

    fn month(
        &self,
        ctx: &Context,
        day: &TodayArguments,
        calendar: &Calendar,
    ) -> Result<Option<crate::answer::now::CostSoFar>> {
        if self.consumption.is_none() {
            return Ok(None);
        }
        let today = calendar.date(ctx.now());
        let first = calendar.day(today.with_day(1).unwrap_or(today))?;
        Ok(day.cost(ctx, calendar, None, Span::new(first.from(), ctx.now()).ok())?.0)
    }

    fn members(&self, ctx: &Context, calendar: &Calendar) -> Result<Members> {
        let batteries = self.battery.iter().map(|path| Member::battery(ctx, path));
        let appliances = self.appliance.iter().map(|path| Member::appliance(ctx, path, calendar));
        Ok(Members {
            batteries: batteries.collect::<Result<_>>()?,
            appliances: appliances.collect::<Result<_>>()?,
        })
    }

    fn plan(
        &self,
        ctx: &Context,
        said: &BTreeMap<String, Said>,
        calendar: &Calendar,
        dispatches: &[Span],
    ) -> Result<Option<HomePlan>> {
        // It is read where rates are not known as far as is planned; that it can be is seen at once.
        if let Some(path) = &self.rates_forecast {
            Source::file(ctx, path)?;
        }
        let members = self.members(ctx, calendar)?;
        let nothing = Said::default();
        let of = |member: &Member| said.get(&member.shape.name).unwrap_or(&nothing);
        let wants_to_run = |said: &Said| said.done_by.is_some() || said.running_since.is_some();
        if members.batteries.is_empty() && !members.appliances.iter().any(|member| wants_to_run(of(member))) {
            return Ok(None);
        }
        let mut ahead = self.ahead(ctx, calendar, dispatches)?;
        let Ahead { whole, site, notices, .. } = &mut ahead;
        let (whole, site) = (&*whole, &*site);
        let wished = |dispatches: &[Span]| {
            let batteries = members.batteries.iter().map(|member| {
                let (battery, request) = member.asked(of(member), calendar, whole, site)?;
                let is_dispatched = self.dispatched.as_ref() == Some(&member.shape.name);
                let request = match is_dispatched {
                    true => Member::dispatched(request, &battery, of(member), dispatches, site)?,
                    false => request,
                };
                Ok((member, of(member), battery, request))
            });
            Ok::<_, Failure>(Wished {
                batteries: batteries.collect::<Result<_>>()?,
                appliances: members.appliances.iter().map(|member| (member, of(member))).collect(),
            })
        };
        let mut wished_now = wished(dispatches)?;
        let best = match self.fleet(ctx, &wished_now, calendar, site, false) {
            // What the supplier plans may be more than the connection or the definition allow.
            Err(why) if !dispatches.is_empty() => {
                notices
                    .push(format!("planned dispatches are not in the plan: with them there is none ({why})"));
                wished_now = wished(&[])?;
                self.fleet(ctx, &wished_now, calendar, site, false)?
            }
            best => best?,
        };
        let wished = wished_now;
        let best_cost = best.cost();
        let in_force = wished
            .batteries
            .iter()
            .map(|(_, said, ..)| said)
            .chain(wished.appliances.iter().map(|(_, said)| said).filter(|said| wants_to_run(said)));
        let all_in_force = in_force.clone().all(|said| said.in_force.is_some());
        let (decision, plan, costs) = if !all_in_force {
            (Decision::First, best, None)
        } else if self.does_the_same(&wished, &best, site) {
            (Decision::Keep, best, Some(Money::ZERO))
        } else {
            match self.fleet(ctx, &wished, calendar, site, true) {
                Ok(kept) => {
                    let costs = kept.cost().checked_sub(best_cost);
                    // What misses more of a wish than it must is dearer by far: nothing that is stated comes near it.
                    match costs.filter(|costs| *costs <= self.unless_better_by) {
                        Some(costs) => (Decision::Keep, kept, Some(costs)),
                        None => (Decision::Change, best, costs),
                    }
                }
                Err(_) => (Decision::Replace, best, None),
            }
        };
        let devices = devices(&wished, &plan, site)?;
        let slots = slots_ahead(site, &plan, self.site.curtails())?;
        let short = wishes(&wished, &plan, site)?;
        let without = |money: Money| money.checked_sub(short).unwrap_or(money);
        Ok(Some(HomePlan {
            span: site.span(),
            currency: site.currency(),
            rates_known_to: ahead.rates_known_to,
            cost_minor: without(plan.cost()),
            gap_minor: plan.gap(),
            decision,
            keeping_costs_minor: costs,
            devices,
            slots,
            notices: ahead.notices,
        }))
    }

    /// What lies ahead: known rates, and what past days say of the rest.
    fn ahead(&self, ctx: &Context, calendar: &Calendar, dispatches: &[Span]) -> Result<Ahead> {
        let now = ctx.now();
        let now =
            DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(60), 0).unwrap_or(now);
        let days = PastDays::alike(usize::from(self.past_days))?;
        let to = match &self.site.series.period.to {
            Some(text) => crate::words::parse_moment(ctx, text, now, "--to")?,
            None => DateTime::from_timestamp(now.timestamp() - now.timestamp().rem_euclid(1_800), 0)
                .map_or(now, |slot| slot + TimeDelta::hours(AHEAD_HOURS)),
        };
        let past = TimeDelta::days(i64::from(self.past_days) + BEFORE);
        let moment = Moment { now, to: Some(to), rates_until: None, past, late: true, dispatches };
        let read = self.site.read_ahead(ctx, calendar, &moment)?;
        let rates_known_to = read.rates_until;
        let mut notices = read.notices.clone();
        let whole = match self.expected(ctx, calendar, &read, days, &mut notices) {
            Ok(site) => site,
            // Without load, sun and past rates there is no day to go by: what is known is planned.
            Err(Failure::Work(why)) if !self.site.past_is_read() => {
                let moment = Moment { to: Some(rates_known_to.min(to)), ..moment };
                let read = self.site.read_ahead(ctx, calendar, &moment)?;
                if rates_known_to < read.site.span().to() || rates_known_to <= now {
                    return Err(Failure::Work(why));
                }
                let grid = read.site.grid();
                let first = grid.index_of(read.now).unwrap_or(0);
                read.site.part(first..grid.len())?
            }
            Err(failure) => return Err(failure),
        };
        let site = whole.during(Span::new(now.max(whole.span().from()), whole.span().to())?)?;
        Ok(Ahead { whole, site, rates_known_to, notices })
    }

    /// The slots from now on with their known rates; load and sun, and rates that are not known, as they are expected.
    fn expected(
        &self,
        ctx: &Context,
        calendar: &Calendar,
        read: &ReadAhead,
        days: PastDays,
        notices: &mut Vec<String>,
    ) -> Result<Site> {
        let days = if read.past_rates { days } else { days.without_rates() };
        let forecasts = AheadArguments {
            past_days: Some(self.past_days),
            dearest_percent: None,
            rates_until: None,
            load_forecast: self.load_forecast.clone(),
            solar_forecast: self.solar_forecast.clone(),
            rates_forecast: self.rates_forecast.clone().filter(|_| read.rates_until < read.site.span().to()),
        };
        let forecasts = forecasts.forecasts(
            ctx,
            &self.site,
            calendar,
            (&read.site, read.now, read.rates_until),
            notices,
        )?;
        let prospect = Prospect::of_past(&read.site, read.now, read.rates_until, calendar, days, &forecasts)?;
        if prospect.scenarios().is_empty() {
            return Err(Failure::work(
                "there is no past day to go by: load, sun and rates of at least one whole day are needed",
            ));
        }
        Ok(prospect.mean_site()?)
    }

    /// The plan of all devices, each for itself at its best or, `keeping` to the plans in force, with what power it likes where they run.
    fn fleet(
        &self,
        ctx: &Context,
        wished: &Wished<'_>,
        calendar: &Calendar,
        site: &Site,
        keeping: bool,
    ) -> Result<FleetPlan> {
        let devices = wished.batteries.iter().map(|(member, said, battery, request)| {
            let request = match &said.in_force {
                Some(in_force) if keeping => Member::kept(request.clone(), in_force, site)?,
                _ => request.clone(),
            };
            Ok(FleetDevice { name: member.shape.name.clone(), battery: battery.clone(), request })
        });
        let appliances = wished.appliances.iter().map(|(member, said)| {
            let fixed = said.in_force.as_ref().filter(|_| keeping).and_then(|(_, blocks)| {
                let (first, last) = (blocks.first()?, blocks.last()?);
                Span::new(first.span.from(), last.span.to()).ok()
            });
            member.cycle(said, calendar, site.span(), fixed)
        });
        let appliances: Vec<Option<Appliance>> = appliances.collect::<Result<_>>()?;
        let (circuits, exclusions) =
            self.circuits.as_deref().map(|path| circuits(ctx, path)).transpose()?.unwrap_or_default();
        let fleet = Fleet::new(devices.collect::<Result<_>>()?)?
            .appliances(appliances.into_iter().flatten().collect())?
            .circuits(circuits)?
            .exclusions(exclusions)?
            .gap(GAP.parse()?);
        let budget = self.budget.unwrap_or(BUDGET);
        let began = began();
        Ok(fleet.plan_while(site, &mut |_| began.elapsed() < budget)?)
    }

    /// Whether a plan runs the devices in the slots in which the plans in force do, as far as these reach.
    fn does_the_same(&self, wished: &Wished<'_>, plan: &FleetPlan, site: &Site) -> bool {
        let batteries = wished.batteries.iter().zip(plan.dispatches()).all(|((_, said, ..), dispatch)| {
            said.in_force.as_ref().is_some_and(|(until, in_force)| {
                let own = blocks_of(dispatch);
                doings(site, &own)
                    .zip(doings(site, in_force))
                    .take_while(|((span, _), _)| span.from() < *until)
                    .all(|((_, one), (_, other))| one == other)
            })
        });
        let appliances = plan.appliances().iter().all(|cycles| {
            let said = wished.appliances.iter().find(|(member, _)| member.shape.name == cycles.name());
            let held = said.and_then(|(_, said)| said.in_force.as_ref());
            held.is_some_and(|(_, in_force)| *in_force == runs_of(cycles))
        });
        batteries && appliances
    }
}

/// When a search began.
#[expect(clippy::disallowed_methods, reason = "a budget is time on the user's clock")]
fn began() -> Instant {
    Instant::now()
}

fn beyond() -> Failure {
    Failure::work("what wishes cost is beyond the range of money")
}

/// An answer, or its failure among the problems.
fn kept<T>(answer: Result<T>, problems: &mut Vec<String>) -> Option<T> {
    answer
        .map_err(|failure| {
            let message = failure.to_string();
            if !problems.contains(&message) {
                problems.push(message);
            }
        })
        .ok()
}

/// What of a plan's cost stands for wishes that are not met.
fn wishes(wished: &Wished<'_>, plan: &FleetPlan, site: &Site) -> Result<Money> {
    let mut sum = Money::ZERO;
    for ((_, said, battery, _), dispatch) in wished.batteries.iter().zip(plan.dispatches()) {
        let mut add = |short_by: Energy| -> Result<()> {
            sum = sum.checked_add(short_by * short()).ok_or_else(beyond)?;
            Ok(())
        };
        for missed in unreached(said, battery, dispatch, site) {
            add(missed.wished.kwh.checked_sub(missed.reached_kwh).unwrap_or_default())?;
        }
        if let Some(level) = said.charge_to.map(|level| level.min(battery.capacity())) {
            for slot in dispatch.slots().iter().filter(|slot| slot.stored < level) {
                add(level.checked_sub(slot.stored).unwrap_or_default())?;
            }
        }
    }
    Ok(sum)
}

/// The wished levels that a plan does not reach in time.
fn unreached(said: &Said, battery: &Battery, dispatch: &Dispatch, site: &Site) -> Vec<Unreached> {
    let reached = |by: DateTime<Utc>| {
        let end = super::member::boundary(site, by)?;
        dispatch.slots().iter().find(|slot| slot.span.to() == end).map(|slot| slot.stored)
    };
    let of = |(by, level): &(DateTime<Utc>, Energy)| {
        let kwh = (*level).min(battery.capacity());
        let reached_kwh = reached(*by)?;
        (reached_kwh < kwh).then_some(Unreached { wished: LevelAt { at: *by, kwh }, reached_kwh })
    };
    said.targets.iter().filter_map(of).collect()
}

fn devices(wished: &Wished<'_>, plan: &FleetPlan, site: &Site) -> Result<Vec<DeviceAhead>> {
    let mut devices = Vec::new();
    for ((member, said, battery, _), dispatch) in wished.batteries.iter().zip(plan.dispatches()) {
        let start = said.level.map(|level| LevelAt { at: site.span().from(), kwh: level });
        let ends = dispatch.slots().iter().map(|slot| LevelAt { at: slot.span.to(), kwh: slot.stored });
        devices.push(DeviceAhead {
            name: member.shape.name.clone(),
            blocks: blocks_of(dispatch),
            levels: start.into_iter().chain(ends).collect(),
            value_minor_per_kwh: dispatch.slots().first().and_then(|slot| slot.value),
            unreached: unreached(said, battery, dispatch, site),
        });
    }
    for (member, _) in &wished.appliances {
        let runs = plan.appliances().iter().find(|cycles| cycles.name() == member.shape.name);
        devices.push(DeviceAhead {
            name: member.shape.name.clone(),
            blocks: runs.map(runs_of).unwrap_or_default(),
            levels: Vec::new(),
            value_minor_per_kwh: None,
            unreached: Vec::new(),
        });
    }
    Ok(devices)
}

/// When a battery runs, slots of one power as one.
fn blocks_of(dispatch: &Dispatch) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for slot in dispatch.slots() {
        let (doing, kwh) = match (slot.charge.is_zero(), slot.discharge.is_zero()) {
            (false, _) => (Runs::Charging, slot.charge),
            (true, false) => (Runs::Discharging, slot.discharge),
            (true, true) => continue,
        };
        push(&mut blocks, Block { span: slot.span, doing, kwh, kw: average(kwh, slot.span) });
    }
    blocks
}

/// When an appliance runs, a block a cycle.
fn runs_of(plan: &AppliancePlan) -> Vec<Block> {
    let cycles = plan.cycles().iter().filter_map(|cycle| {
        let kwh = cycle.energy().ok()?;
        Some(Block { span: cycle.span, doing: Runs::Running, kwh, kw: average(kwh, cycle.span) })
    });
    cycles.collect()
}

fn push(blocks: &mut Vec<Block>, block: Block) {
    if let Some(last) = blocks.last_mut()
        && last.span.to() == block.span.from()
        && (last.doing, last.kw) == (block.doing, block.kw)
        && let Ok(span) = Span::new(last.span.from(), block.span.to())
        && let Some(kwh) = last.kwh.checked_add(block.kwh)
    {
        *last = Block { span, kwh, ..*last };
        return;
    }
    blocks.push(block);
}

/// The mean power of an energy, cut to whole watts' hundredths.
fn average(kwh: Energy, span: Span) -> Power {
    let units = i128::from(kwh.units()) * 3_600 / i128::from(span.seconds().max(1));
    let rounded = (units + 500) / 1_000 * 1_000;
    Power::per_hour(
        i64::try_from(rounded).ok().and_then(|units| Energy::from_units(units).ok()).unwrap_or(kwh),
    )
}

/// For messages: a level that is not reached.
impl std::fmt::Display for Unreached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} kWh by {} cannot be reached: {} kWh is the most by then",
            self.wished.kwh,
            instant_text(self.wished.at),
            self.reached_kwh
        )
    }
}
