//! Thermal stores that people write: TOML or JSON, for a plan of one time or for years.

use super::often::{Often, OftenDefinition};
use super::{ThermalBand, ThermalStore};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::quantity::{Energy, UnitRate};
use crate::time::{Calendar, Span};
use serde::Deserialize;

/// A thermal store, as a definition file says it; any serde format. Decimals are text (or JSON numbers, taken digit by digit), `kw` is
/// electricity, heat is kWh, prices are pence a kWh of heat, times without a zone are those of the calendar. A time of day without a date is
/// meant each day, or on its `days` and in its `months`: see [`recurring`](Self::recurring).
///
/// ```
/// use kwhen::plan::fleet::ThermalDefinition;
/// let definition: ThermalDefinition = serde_json::from_str(
///     r#"{"name": "Hot water", "capacity_kwh": 9, "kw": ["1.2"], "cop": "3.1", "loss_per_hour": "0.012", "start_kwh": 4,
///         "draws": [{"at": "2026-10-15T07:00", "kwh": 3}]}"#)?;
/// assert_eq!(definition.name(), Some("Hot water"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThermalDefinition {
    #[serde(default)]
    name: Option<String>,
    capacity_kwh: Energy,
    kw: Vec<Power>,
    cop: Option<Energy>,
    #[serde(default)]
    cops: Vec<CopDefinition>,
    #[serde(default)]
    loss_per_hour: Energy,
    #[serde(default)]
    start_kwh: Energy,
    level_step_kwh: Option<Energy>,
    #[serde(default)]
    draws: Vec<HeatDrawDefinition>,
    #[serde(default)]
    bands: Vec<BandDefinition>,
    #[serde(default)]
    end: ThermalEndDefinition,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CopDefinition {
    from: String,
    to: String,
    cop: Energy,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    months: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeatDrawDefinition {
    at: String,
    kwh: Energy,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    months: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BandDefinition {
    from: String,
    to: String,
    at_least_kwh: Option<Energy>,
    at_most_kwh: Option<Energy>,
    price: Option<UnitRate>,
    #[serde(default)]
    days: Vec<String>,
    #[serde(default)]
    months: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThermalEndDefinition {
    #[serde(default)]
    at_least_kwh: Energy,
    #[serde(default)]
    value: UnitRate,
}

/// Levels that a store is held in over months unless the step is said.
const LEVELS: i64 = 1_000;

/// A thermal store of which it is said once for years what is drawn and asked of it.
#[derive(Clone, Debug)]
pub struct RecurringHeat {
    name: String,
    definition: ThermalDefinition,
}

impl RecurringHeat {
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

    /// Whether a kWh gives more than itself at some time: a heat pump.
    #[must_use]
    pub fn is_heat_pump(&self) -> bool {
        let said = self.definition.cop.into_iter().chain(self.definition.cops.iter().map(|cop| cop.cop));
        said.max().is_some_and(|most| most.units() > super::thermal::ONE)
    }

    /// The store over a span: what is drawn and asked at its times. What lies outside the span is left out.
    pub fn over(&self, calendar: &Calendar, span: Span) -> Result<ThermalStore> {
        self.definition.made(&self.name, calendar, Some(span))
    }
}

impl ThermalDefinition {
    /// What it is called, if anything.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The store, called so where the definition has no name. An error names the field that cannot be, or a time of day without a date.
    pub fn store(&self, name: &str, calendar: &Calendar) -> Result<ThermalStore> {
        self.made(self.name.as_deref().unwrap_or(name), calendar, None)
    }

    /// The store over months and years, called so where the definition has no name: a time of day without a date is meant on each day that it
    /// names. An error names the field that cannot be.
    pub fn recurring(&self, name: &str) -> Result<RecurringHeat> {
        let _ = self.base(name, true)?;
        for draw in &self.draws {
            let _ = draw.often()?;
        }
        for (from, to, days, months, field) in self.spans() {
            let _ = OftenDefinition { from, to: Some(to), days, months, field }.read()?;
        }
        Ok(RecurringHeat { name: self.name.as_deref().unwrap_or(name).to_owned(), definition: self.clone() })
    }

    /// Whether anything of it is said for each day.
    #[must_use]
    pub fn goes_by_the_day(&self) -> bool {
        let texts = self.draws.iter().map(|draw| draw.at.as_str()).chain(self.spans().map(|(from, ..)| from));
        texts.into_iter().any(|text| crate::time::time_of_day(text).is_some())
    }

    /// All that is said from one time to another.
    fn spans(&self) -> impl Iterator<Item = (&str, &str, &[String], &[String], &'static str)> {
        let cops = self.cops.iter();
        let cops = cops.map(|cop| (&*cop.from, &*cop.to, &*cop.days, &*cop.months, "cops"));
        let bands = self.bands.iter();
        cops.chain(bands.map(|band| (&*band.from, &*band.to, &*band.days, &*band.months, "bands")))
    }

    /// The store with nothing asked of it at any time.
    fn base(&self, name: &str, is_long: bool) -> Result<ThermalStore> {
        let mut store = ThermalStore::new(name, self.capacity_kwh, &self.kw)?
            .loss_per_hour(self.loss_per_hour)?
            .starting_at(self.start_kwh)?
            .ending_at_least(self.end.at_least_kwh)?
            .end_value(self.end.value)?;
        if let Some(cop) = self.cop {
            store = store.heat_per_kwh(cop)?;
        }
        match self.level_step_kwh {
            Some(step) => store.level_step(step),
            None if is_long => {
                store.level_step(Energy::from_units((self.capacity_kwh.units() / LEVELS).max(1))?)
            }
            None => Ok(store),
        }
    }

    /// The store; over a span, with what is said for each day.
    fn made(&self, name: &str, calendar: &Calendar, over: Option<Span>) -> Result<ThermalStore> {
        let at =
            |text: &str, field: &'static str| calendar.parse(text).map_err(|error| error.in_field(field));
        let of_years = |field: &'static str| {
            Error::unsupported(
                "is for each day, and days and months go with it: that is for `kwhen compare`; here say the date too",
            )
            .in_field(field)
        };
        let spans = |(from, to, days, months, field): (&str, &str, &[String], &[String], &'static str)| {
            let often = OftenDefinition { from, to: Some(to), days, months, field }.read()?;
            match (often, over) {
                (None, None) => Ok(vec![Span::new(at(from, field)?, at(to, field)?)?]),
                (None, Some(over)) => {
                    Ok(Span::new(at(from, field)?, at(to, field)?)?.intersection(over).into_iter().collect())
                }
                (Some(often), Some(over)) => often.spans(calendar, over),
                (Some(_), None) => Err(of_years(field).with_value(from)),
            }
        };
        let mut store = self.base(name, over.is_some())?;
        let mut said = self.spans();
        for cop in &self.cops {
            for span in said.next().map(spans).transpose()?.unwrap_or_default() {
                store = store.heat_per_kwh_for(span, cop.cop)?;
            }
        }
        for draw in &self.draws {
            let times = match (draw.often()?, over) {
                (None, None) => vec![at(&draw.at, "draws.at")?],
                (None, Some(over)) => {
                    let time = at(&draw.at, "draws.at")?;
                    over.contains(time).then_some(time).into_iter().collect()
                }
                (Some(often), Some(over)) => often.times(calendar, over)?,
                (Some(_), None) => return Err(of_years("draws.at").with_value(&draw.at)),
            };
            for time in times {
                store = store.draw(time, draw.kwh)?;
            }
        }
        for band in &self.bands {
            for span in said.next().map(spans).transpose()?.unwrap_or_default() {
                store = store.band(ThermalBand {
                    span,
                    at_least: band.at_least_kwh,
                    at_most: band.at_most_kwh,
                    price: band.price,
                })?;
            }
        }
        Ok(store)
    }
}

impl HeatDrawDefinition {
    fn often(&self) -> Result<Option<Often>> {
        let (days, months) = (self.days.as_slice(), self.months.as_slice());
        OftenDefinition { from: &self.at, to: None, days, months, field: "draws" }.read()
    }
}
