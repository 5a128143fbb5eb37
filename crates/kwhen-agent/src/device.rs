//! The devices of a home, as topics and messages name them.

use chrono::NaiveTime;
use kwhen::Energy;
use kwhen::plan::{Power, Share};
use kwhen::time::time_of_day;
use kwhen_app::ask::DeviceShape;

/// A device with the word that stands for it in topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Small letters, digits and underscores.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The most that it stores; `None` for an appliance.
    pub capacity: Option<Energy>,
    /// The most power that it charges with.
    pub most: Power,
}

/// A level that a device is to have every day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whose, by its name.
    pub name: String,
    /// What is to be stored.
    pub level: Level,
    /// By when, on the local clock.
    pub by: NaiveTime,
}

/// A level as it is said: so many kWh, or a share of the most that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// So many kWh.
    Kwh(Energy),
    /// So much of the whole.
    Share(Share),
}

impl Level {
    /// From `12.5` or `80%`.
    ///
    /// # Errors
    /// It is neither, or below zero.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let refused = || format!("not a level such as 12.5 (kWh) or 80%: {text:?}");
        if text.ends_with('%') {
            return text.parse().map(Self::Share).map_err(|_| refused());
        }
        let energy: Energy = text.parse().map_err(|_| refused())?;
        if energy.is_negative() { Err(refused()) } else { Ok(Self::Kwh(energy)) }
    }

    /// In kWh, of a device that stores so much.
    ///
    /// # Errors
    /// It is more than the device stores.
    pub fn of(self, capacity: Energy) -> Result<Energy, String> {
        match self {
            Self::Share(share) => Ok(share.of(capacity)),
            Self::Kwh(energy) if energy <= capacity => Ok(energy),
            Self::Kwh(energy) => Err(format!("{energy} kWh is more than the {capacity} kWh that it stores")),
        }
    }
}

impl Ready {
    /// From `NAME=LEVEL@TIME`, such as `Car=80%@07:00`.
    ///
    /// # Errors
    /// It is not of this form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let refused = || format!("not a device, a level and a time such as Car=80%@07:00: {text:?}");
        let (name, rest) = text.rsplit_once('=').ok_or_else(refused)?;
        let (level, by) = rest.split_once('@').ok_or_else(refused)?;
        Ok(Self {
            name: name.trim().to_owned(),
            level: Level::parse(level)?,
            by: time_of_day(by.trim()).ok_or_else(refused)?,
        })
    }
}

/// The devices with a word for each.
///
/// # Errors
/// Two have the same word, or one has none.
pub fn named(shapes: Vec<DeviceShape>) -> Result<Vec<Device>, String> {
    let mut devices: Vec<Device> = Vec::with_capacity(shapes.len());
    for DeviceShape { name, capacity, most } in shapes {
        let id = word(&name);
        if id.is_empty() {
            return Err(format!("the name {name:?} has no letter and no digit: topics need one"));
        }
        if let Some(other) = devices.iter().find(|other| other.id == id) {
            return Err(format!(
                "{} and {name} would both be {id} in topics: give one another name",
                other.name
            ));
        }
        devices.push(Device { id, name, capacity, most });
    }
    Ok(devices)
}

fn word(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        } else if !word.is_empty() && !word.ends_with('_') {
            word.push('_');
        }
    }
    word.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str) -> DeviceShape {
        DeviceShape { name: name.to_owned(), capacity: None, most: Power::ZERO }
    }

    #[test]
    fn names_become_words_of_topics() {
        let ids = |names: &[&str]| {
            named(names.iter().map(|name| shape(name)).collect())
                .map(|devices| devices.into_iter().map(|device| device.id).collect::<Vec<_>>())
        };
        assert_eq!(ids(&["Home battery", "Car (blue)"]).unwrap(), ["home_battery", "car_blue"]);
        assert!(ids(&["Car", "car!"]).unwrap_err().contains("would both be car"));
        assert!(ids(&["#+/"]).unwrap_err().contains("no letter"));
    }

    #[test]
    fn levels_are_kwh_or_shares() {
        let sixty: Energy = "60".parse().unwrap();
        let of = |text: &str| Level::parse(text).and_then(|level| level.of(sixty)).map(|kwh| kwh.to_string());
        assert_eq!(of("80%").unwrap(), "48");
        assert_eq!(of(" 12.5 ").unwrap(), "12.5");
        assert!(of("61").unwrap_err().contains("more than the 60 kWh"));
        for text in ["", "-1", "NaN", "120%", "full"] {
            assert!(of(text).is_err(), "{text}");
        }
        let ready = Ready::parse("Car=80%@07:00").unwrap();
        assert_eq!((ready.name.as_str(), ready.by.to_string().as_str()), ("Car", "07:00:00"));
        assert!(Ready::parse("Car=80%").is_err() && Ready::parse("80%@07:00").is_err());
    }
}
