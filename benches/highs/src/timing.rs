//! Windows of a long series: both answers compared, both timed.

use crate::instance::{Conversion, Plain};
use crate::mip;
use kwhen::plan::battery::{Battery, BatteryRequest, Site};
use kwhen::time::{Grid, SlotLength, parse_instant};
use kwhen::{Energy, UnitRate};
use std::time::{Duration, Instant};

/// Rows `idx,start,import_p,export_p,load_kwh,pv_kwh`, as text so that both sides read the same decimals.
pub struct Series(Vec<[String; 4]>);

impl Series {
    pub fn read(path: &str) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let row = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            [2, 3, 4, 5].map(|index| fields.get(index).copied().unwrap_or("0").to_owned())
        };
        Ok(Self(text.lines().skip(1).map(row).collect()))
    }

    /// The sample home's rows between two instants (as `2026-06-12T23:00:00Z`), from the files of the folder `data`.
    pub fn of_sample(folder: &str, from: &str, to: &str) -> std::io::Result<Self> {
        let seconds = |text: &str| parse_instant(text).unwrap_or_else(|error| panic!("{error}")).timestamp();
        let (from, to) = (seconds(from), seconds(to));
        let column = |file: &str,
                      start: &str,
                      value: &str|
         -> std::io::Result<std::collections::BTreeMap<i64, String>> {
            let text = std::fs::read_to_string(format!("{folder}/{file}"))?;
            let mut lines = text.lines();
            let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
            let place = |name: &str| {
                header.iter().position(|field| *field == name).unwrap_or_else(|| panic!("{file}: {name}"))
            };
            let (start, value) = (place(start), place(value));
            Ok(lines
                .map(|line| line.split(',').collect::<Vec<_>>())
                .map(|fields| (seconds(fields[start]), fields[value].to_owned()))
                .filter(|(at, _)| (from..to).contains(at))
                .collect())
        };
        let import = column("rates.csv", "valid_from", "value_inc_vat")?;
        let others = [
            column("export-rates.csv", "start", "rate")?,
            column("consumption.csv", "interval_start", "consumption")?,
            column("solar.csv", "start", "kwh")?,
        ];
        let row = |(start, import): (&i64, &String)| {
            let [export, load, solar] = others.each_ref().map(|other| other.get(start));
            match (export, load, solar) {
                (Some(export), Some(load), Some(solar)) => {
                    Ok([import.clone(), export.clone(), load.clone(), solar.clone()])
                }
                _ => Err(std::io::Error::other(format!("no row at {start}"))),
            }
        };
        import.iter().map(row).collect::<std::io::Result<_>>().map(Self)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn column<T: std::str::FromStr>(&self, rows: std::ops::Range<usize>, column: usize) -> Vec<T> {
        self.0[rows].iter().map(|row| row[column].parse().unwrap_or_else(|_| panic!("{row:?}"))).collect()
    }

    /// The meter of all rows from an instant on, without limits, for both sides.
    pub fn site(&self, start: chrono::DateTime<chrono::Utc>, solar: bool) -> (Site, Plain) {
        let rows = 0..self.len();
        let grid = Grid::new(start, SlotLength::HALF_HOUR, self.len()).unwrap();
        let mut site = Site::new(grid, &self.column::<UnitRate>(rows.clone(), 0))
            .and_then(|site| site.export(&self.column::<UnitRate>(rows.clone(), 1)))
            .and_then(|site| site.load(&self.column::<Energy>(rows.clone(), 2)))
            .unwrap();
        let mut plain = Plain {
            import: self.column(rows.clone(), 0),
            export: self.column(rows.clone(), 1),
            carbon: vec![0.0; self.len()],
            load: self.column(rows.clone(), 2),
            solar: vec![0.0; self.len()],
            curtailment: true,
            grid_charging: true,
            battery_export: true,
            ..Plain::default()
        };
        if solar {
            site = site.solar(&self.column::<Energy>(rows.clone(), 3)).unwrap();
            plain.solar = self.column(rows, 3);
        }
        (site, plain)
    }

    /// The home of the golden cases over some rows, from a level: 10 kWh, 5 kW, 0.95 each way, wear 1.5 p, import at most
    /// 9.2 kWh and export at most 1.84 kWh a slot. Returns the cost and time of kwhen, and of HiGHS: no cost where it did
    /// not finish.
    pub fn home(
        &self,
        rows: std::ops::Range<usize>,
        level: i64,
        seconds: f64,
    ) -> ((f64, Duration), (Option<f64>, Duration)) {
        let slots = rows.len();
        let grid =
            Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, slots).unwrap();
        let site = Site::new(grid, &self.column::<UnitRate>(rows.clone(), 0))
            .and_then(|site| site.export(&self.column::<UnitRate>(rows.clone(), 1)))
            .and_then(|site| site.load(&self.column::<Energy>(rows.clone(), 2)))
            .and_then(|site| site.solar(&self.column::<Energy>(rows.clone(), 3)))
            .unwrap()
            .import_limit("18.4".parse().unwrap())
            .export_limit("3.68".parse().unwrap());
        let ratio = || "0.95".parse().unwrap();
        let battery = Battery::new("10".parse().unwrap(), "5".parse().unwrap())
            .unwrap()
            .with_efficiency(ratio(), ratio())
            .with_wear("1.5".parse().unwrap())
            .unwrap();
        let request = BatteryRequest::starting_at(level.to_string().parse().unwrap());
        let begin = Instant::now();
        let plan = battery.plan(&site, &request).unwrap();
        let own = (plan.cost().to_string().parse().unwrap(), begin.elapsed());
        let conversion = |ratio| Conversion { stretches: vec![(2.5, ratio)], least: 0.0 };
        let theirs = mip::solve(
            &Plain {
                import: self.column(rows.clone(), 0),
                export: self.column(rows.clone(), 1),
                carbon: vec![0.0; slots],
                load: self.column(rows.clone(), 2),
                solar: self.column(rows, 3),
                import_limit: vec![9.2; slots],
                export_limit: 1.84,
                curtailment: true,
                grid_charging: true,
                battery_export: true,
                capacity: 10.0,
                charge: conversion(0.95),
                discharge: conversion(1.0 / 0.95),
                store_charge: 1000.0,
                store_discharge: 1000.0,
                wear: 1.5,
                start: level as f64,
                lo: vec![0.0; slots + 1],
                hi: vec![10.0; slots + 1],
                may_charge: vec![true; slots],
                may_discharge: vec![true; slots],
                draw: vec![0.0; slots],
                ..Plain::default()
            },
            seconds,
        );
        (own, (theirs.cost.filter(|_| theirs.proven), theirs.took))
    }
}
