//! Circuits and appliances that people write: TOML or JSON.

use super::recurring::{RecurringLoad, RunDefinition};
use super::{Appliance, Circuit, Exclusion};
use crate::error::{Error, Result};
use crate::plan::Power;
use crate::plan::window::Profile;
use crate::quantity::Money;
use crate::time::Calendar;
use serde::Deserialize;

/// The circuits and exclusions of a fleet.
///
/// ```
/// use kwhen::plan::fleet::CircuitsDefinition;
/// let definition: CircuitsDefinition = serde_json::from_str(
///     r#"{"circuits": [{"name": "garage", "devices": ["Car", "Second car"], "import_kw": 11}]}"#)?;
/// assert_eq!(definition.circuits()[0].devices.len(), 2);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircuitsDefinition {
    #[serde(default)]
    circuits: Vec<CircuitDefinition>,
    #[serde(default)]
    exclusions: Vec<ExclusionDefinition>,
}

/// Devices of which no two run at once.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExclusionDefinition {
    devices: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CircuitDefinition {
    name: String,
    devices: Vec<String>,
    import_kw: Option<Power>,
    export_kw: Option<Power>,
}

impl CircuitsDefinition {
    /// The exclusions, for `Fleet::exclusions`, which says what is wrong with them.
    #[must_use]
    pub fn exclusions(&self) -> Vec<Exclusion> {
        let exclusion = |exclusion: &ExclusionDefinition| Exclusion { devices: exclusion.devices.clone() };
        self.exclusions.iter().map(exclusion).collect()
    }

    /// The circuits, for `Fleet::circuits`, which says what is wrong with them.
    #[must_use]
    pub fn circuits(&self) -> Vec<Circuit> {
        let circuit = |circuit: &CircuitDefinition| Circuit {
            name: circuit.name.clone(),
            devices: circuit.devices.clone(),
            import_limit: circuit.import_kw,
            export_limit: circuit.export_kw,
        };
        self.circuits.iter().map(circuit).collect()
    }
}

/// An appliance, as a definition file says it; any serde format. Decimals are text (or JSON numbers, taken digit by digit), powers are kW,
/// a worth is pence a cycle, times without a zone are those of the calendar.
///
/// ```
/// use kwhen::plan::fleet::ApplianceDefinition;
/// let definition: ApplianceDefinition = serde_json::from_str(
///     r#"{"name": "Dishwasher", "program": {"step_minutes": 30, "kw": ["2", "0.2", "1.5"]},
///         "latest": "2026-10-15T07:00", "worth": "60"}"#)?;
/// assert_eq!(definition.name(), Some("Dishwasher"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplianceDefinition {
    #[serde(default)]
    name: Option<String>,
    program: ProgramDefinition,
    cycles: Option<u16>,
    earliest: Option<String>,
    latest: Option<String>,
    start_every_minutes: Option<u32>,
    #[serde(default)]
    pause_minutes: u32,
    running_minutes: Option<u32>,
    worth: Option<Money>,
    #[serde(default)]
    runs: Vec<RunDefinition>,
}

/// Steps of equal length and the power in each.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramDefinition {
    step_minutes: u32,
    kw: Vec<Power>,
}

impl ApplianceDefinition {
    /// What it is called, if anything.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether it runs again and again, on days of the week: see [`recurring`](Self::recurring).
    #[must_use]
    pub fn runs_again(&self) -> bool {
        !self.runs.is_empty()
    }

    /// How long its programme lasts. An error for one that cannot be.
    pub fn minutes(&self) -> Result<u32> {
        Ok(self.profile()?.minutes())
    }

    fn profile(&self) -> Result<Profile> {
        Profile::new(self.program.step_minutes, &self.program.kw).map_err(|error| error.in_field("program"))
    }

    /// The load that runs again and again, called so where the definition has no name. An error names the field that cannot be, or that is for
    /// a plan of one time alone.
    pub fn recurring(&self, name: &str) -> Result<RecurringLoad> {
        let of_one_time = [
            ("cycles", self.cycles.is_some_and(|cycles| cycles != 1)),
            ("earliest", self.earliest.is_some()),
            ("latest", self.latest.is_some()),
            ("pause_minutes", self.pause_minutes != 0),
            ("running_minutes", self.running_minutes.is_some()),
            ("worth", self.worth.is_some()),
        ];
        if let Some((field, _)) = of_one_time.iter().find(|(_, given)| *given) {
            return Err(Error::unsupported(
                "is for a plan of one time: over months an appliance runs once in each of its [[runs]]",
            )
            .in_field(*field));
        }
        let profile = self.profile()?;
        if let Some(power) = profile.powers().find(|power| *power < Power::ZERO) {
            return Err(Error::out_of_range("a programme takes no less than nothing")
                .in_field("program.kw")
                .with_value(power.to_string()));
        }
        let name = self.name.as_deref().unwrap_or(name);
        RecurringLoad::new(name, profile, self.start_every_minutes, &self.runs)
    }

    /// The appliance, called so where the definition has no name. An error names the field that cannot be.
    pub fn appliance(&self, name: &str, calendar: &Calendar) -> Result<Appliance> {
        if !self.runs.is_empty() {
            return Err(Error::unsupported(
                "an appliance that runs again and again is for `kwhen compare`: here say when with earliest and latest",
            )
            .in_field("runs"));
        }
        let profile = self.profile()?;
        let mut appliance = Appliance::new(self.name.as_deref().unwrap_or(name), profile)?
            .cycles(self.cycles.unwrap_or(1))?
            .pause(self.pause_minutes);
        let at =
            |text: &str, field: &'static str| calendar.parse(text).map_err(|error| error.in_field(field));
        if let Some(text) = &self.earliest {
            appliance = appliance.not_before(at(text, "earliest")?);
        }
        if let Some(text) = &self.latest {
            appliance = appliance.done_by(at(text, "latest")?);
        }
        if let Some(minutes) = self.start_every_minutes {
            appliance = appliance.start_every(minutes)?;
        }
        if let Some(minutes) = self.running_minutes {
            appliance = appliance.running_for(minutes)?;
        }
        match self.worth {
            Some(worth) => appliance.worth(worth),
            None => Ok(appliance),
        }
    }
}
