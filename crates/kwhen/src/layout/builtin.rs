//! The layouts that are known: data, one file each.

use super::definition::Layout;
use crate::error::{Error, Result};
use crate::names::hint;
use std::sync::OnceLock;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("builtin/", $name, ".toml")))),*]
    };
}

const FILES: &[(&str, &str)] = files![
    "amber",
    "ausgrid-solar-homes",
    "awattar",
    "datadis",
    "dsmr-reader",
    "e-redes",
    "elexon-market-index",
    "enedis",
    "enedis-r63",
    "enedis-r63-plain",
    "energi-data-service-day-ahead",
    "energi-data-service-elspot",
    "energinet",
    "energyzero",
    "esb-hdf",
    "evcc",
    "evcc-price",
    "fluvius",
    "glow",
    "home-assistant-database",
    "home-assistant-delta",
    "home-assistant-statistics",
    "homewizard-meter",
    "homewizard-p1",
    "low-carbon-london",
    "n3rgy",
    "nord-pool",
    "octopus-applicable-rates",
    "octopus-measurements",
    "octopus-website",
    "octopus-website-gas",
    "octopus-website-gas-m3",
    "octopus-website-home-and-ev",
    "pecan-street",
    "powershaper",
    "serl",
    "smart-grid-smart-city",
    "spanish-distributors",
    "tibber",
];

/// All of them. (A file that is broken would be left out; a test reads each.)
pub fn all() -> &'static [Layout] {
    static ALL: OnceLock<Vec<Layout>> = OnceLock::new();
    ALL.get_or_init(|| FILES.iter().filter_map(|(_, text)| Layout::from_toml(text).ok()).collect())
}

/// The one of a name; an error that names the nearest.
pub fn named(name: &str) -> Result<Layout> {
    let found = all().iter().find(|layout| layout.name == name);
    found.cloned().ok_or_else(|| {
        let near = hint(name, all().iter().map(|layout| layout.name.as_str()));
        Error::missing(format!("not a layout that is built in{near}")).with_value(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layout_is_read_and_has_the_name_of_its_file() {
        for (name, text) in FILES {
            let layout = Layout::from_toml(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(layout.name, *name);
            assert!(!layout.columns.is_empty() && !layout.title.is_empty(), "{name}");
            assert_eq!(Layout::from_toml(&layout.to_toml()).unwrap(), layout, "{name}");
        }
        assert_eq!(all().len(), FILES.len());
        assert!(named("octopus-websit").unwrap_err().to_string().contains("octopus-website"));
    }
}
