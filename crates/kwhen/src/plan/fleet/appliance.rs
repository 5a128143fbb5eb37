//! Appliances: loads with a fixed programme that run a number of times between an earliest start and a latest end.

use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::battery::Site;
use crate::plan::window::Profile;
use crate::quantity::{Energy, Money};
use crate::time::Span;
use chrono::{DateTime, Utc};

/// The most cycles of one appliance.
const CYCLES: u16 = 1_000;

/// A load that runs a fixed programme: a dishwasher, a washing machine. It only takes, and what the site forbids to batteries it does
/// not forbid to it.
///
/// ```
/// use kwhen::plan::fleet::Appliance;
/// use kwhen::plan::window::Profile;
/// let powers = ["2", "0.2", "1.5"].map(|text| text.parse().unwrap());
/// let dishwasher = Appliance::new("Dishwasher", Profile::new(30, &powers)?)?.worth("60".parse()?)?;
/// assert_eq!(dishwasher.energy()?.to_string(), "1.85");
/// # Ok::<(), kwhen::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Appliance {
    pub(super) name: String,
    pub(super) profile: Profile,
    pub(super) cycles: u16,
    pub(super) earliest: Option<DateTime<Utc>>,
    pub(super) latest: Option<DateTime<Utc>>,
    /// In seconds.
    pub(super) every: Option<i64>,
    pub(super) pause: i64,
    pub(super) running_for: Option<i64>,
    pub(super) worth: Option<Money>,
}

impl Appliance {
    /// One cycle of a programme of powers in kW. An error for a power below zero.
    pub fn new(name: impl Into<String>, profile: Profile) -> Result<Self> {
        if let Some(power) = profile.powers().find(|power| *power < Power::ZERO) {
            return Err(Error::out_of_range("a programme takes no less than nothing")
                .in_field("program.kw")
                .with_value(power.to_string()));
        }
        Ok(Self {
            name: name.into(),
            profile,
            cycles: 1,
            earliest: None,
            latest: None,
            every: None,
            pause: 0,
            running_for: None,
            worth: None,
        })
    }

    /// What messages call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// So many cycles, one after the other; an error for none, or for more than a thousand.
    pub fn cycles(mut self, cycles: u16) -> Result<Self> {
        if cycles == 0 || cycles > CYCLES {
            return Err(Error::out_of_range("an appliance runs from once to a thousand times")
                .in_field("cycles")
                .with_value(cycles.to_string()));
        }
        self.cycles = cycles;
        Ok(self)
    }

    /// No cycle starts before an instant; without it none before the plan.
    #[must_use]
    pub const fn not_before(mut self, earliest: DateTime<Utc>) -> Self {
        self.earliest = Some(earliest);
        self
    }

    /// Every cycle has ended by an instant; without it by the end of the plan.
    #[must_use]
    pub const fn done_by(mut self, latest: DateTime<Utc>) -> Self {
        self.latest = Some(latest);
        self
    }

    /// A cycle may start at every so many minutes from each slot's beginning, not only there. An error for none.
    pub fn start_every(mut self, minutes: u32) -> Result<Self> {
        if minutes == 0 {
            return Err(Error::out_of_range("starts are at least a minute apart")
                .in_field("start_every_minutes")
                .with_value("0"));
        }
        self.every = Some(i64::from(minutes) * 60);
        Ok(self)
    }

    /// At least so many minutes between two cycles.
    #[must_use]
    pub fn pause(mut self, minutes: u32) -> Self {
        self.pause = i64::from(minutes) * 60;
        self
    }

    /// The first cycle has been running for so many minutes when the plan begins, and runs on. An error where it is over by then.
    pub fn running_for(mut self, minutes: u32) -> Result<Self> {
        if minutes >= self.profile.minutes() {
            return Err(Error::out_of_range(format!(
                "the programme lasts {} minutes: it is over by then",
                self.profile.minutes()
            ))
            .in_field("running_minutes")
            .with_value(minutes.to_string()));
        }
        self.running_for = Some(i64::from(minutes) * 60);
        Ok(self)
    }

    /// What a cycle is worth: one that would cost more is left out, and counts in the plan's cost as that much. Without it every cycle is
    /// a must. An error below zero.
    pub fn worth(mut self, worth: Money) -> Result<Self> {
        if worth.is_negative() {
            return Err(Error::out_of_range("a cycle is worth nothing or more")
                .in_field("worth")
                .with_value(worth.to_string()));
        }
        self.worth = Some(worth);
        Ok(self)
    }

    /// What one cycle takes, rounded down to 10⁻⁸ kWh. An error beyond the range of energy.
    pub fn energy(&self) -> Result<Energy> {
        let units = self.profile.taken(0, self.profile.seconds()) / 3_600;
        Ok(Energy::from_units(i64::try_from(units).unwrap_or(i64::MAX))?)
    }

    /// The highest power of its programme.
    pub(super) fn most_power(&self) -> Power {
        self.profile.powers().max().unwrap_or_default()
    }

    /// The same where nothing has to run.
    pub(super) fn unbound(&self) -> Self {
        Self { worth: Some(Money::ZERO), running_for: None, ..self.clone() }
    }

    /// What is asked of it, in words.
    pub(super) fn wish(&self) -> String {
        let times = if self.cycles == 1 { "a cycle".to_owned() } else { format!("{} cycles", self.cycles) };
        let at = |how: &str, at: Option<DateTime<Utc>>| {
            at.map_or_else(String::new, |at| format!(" {how} {}", crate::time::instant_text(at)))
        };
        format!(
            "{times} of {} minutes{}{}",
            self.profile.minutes(),
            at("from", self.earliest),
            at("until", self.latest)
        )
    }
}

/// When an appliance runs.
#[derive(Clone, Debug)]
pub struct AppliancePlan {
    pub(super) name: String,
    pub(super) cycles: Vec<Cycle>,
    pub(super) left_out: u16,
    pub(super) earliest: Option<Cycle>,
}

/// One cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// When it runs; from before the plan where it ran already.
    pub span: Span,
    /// By slot of the plan that it runs in: what it takes there, rounded down to 10⁻⁸ kWh.
    pub slots: Vec<(usize, Energy)>,
}

impl AppliancePlan {
    /// Of which appliance.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cycles that run, the earliest first.
    #[must_use]
    pub fn cycles(&self) -> &[Cycle] {
        &self.cycles
    }

    /// A cycle started as early as may be: what planning it is weighed against. `None` where none fits.
    #[must_use]
    pub const fn at_earliest(&self) -> Option<&Cycle> {
        self.earliest.as_ref()
    }

    /// How many cycles are left out, since they would cost more than they are worth.
    #[must_use]
    pub const fn left_out(&self) -> u16 {
        self.left_out
    }
}

impl Cycle {
    /// What it takes in the plan. An error beyond the range of energy.
    pub fn energy(&self) -> Result<Energy> {
        Energy::sum(self.slots.iter().map(|(_, energy)| *energy))
    }

    /// What its energy costs at a site's import rates, carbon apart: tax as they have it. What of it comes from the sun or a battery is
    /// dearer or cheaper than that. An error beyond the range of money.
    pub fn cost_at_rates(&self, site: &Site) -> Result<Money> {
        let cost = |(slot, energy): &(usize, Energy)| {
            i128::from(energy.units()) * i128::from(site.import_units(*slot))
        };
        Money::from_product_units(self.slots.iter().map(cost).sum())
    }
}
