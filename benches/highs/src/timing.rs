//! Windows of a long series: both answers compared, both timed.

use crate::instance::{Conversion, Plain};
use crate::mip;
use kwhen::plan::battery::{Battery, Request, Site};
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

    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn column<T: std::str::FromStr>(&self, rows: std::ops::Range<usize>, column: usize) -> Vec<T> {
        self.0[rows].iter().map(|row| row[column].parse().unwrap_or_else(|_| panic!("{row:?}"))).collect()
    }

    /// The home of the golden cases over some rows, from a level: 10 kWh, 5 kW, 0.95 each way, wear 1.5 p, import at most
    /// 9.2 kWh and export at most 1.84 kWh a slot. Returns the two costs and times; `None` where HiGHS did not finish.
    pub fn home(&self, rows: std::ops::Range<usize>, level: i64, seconds: f64) -> Option<[(f64, Duration); 2]> {
        let slots = rows.len();
        let grid = Grid::new(parse_instant("2021-01-01T00:00:00Z").unwrap(), SlotLength::HALF_HOUR, slots).unwrap();
        let site = Site::new(grid, &self.column::<UnitRate>(rows.clone(), 0))
            .and_then(|site| site.with_export(&self.column::<UnitRate>(rows.clone(), 1)))
            .and_then(|site| site.with_load(&self.column::<Energy>(rows.clone(), 2)))
            .and_then(|site| site.with_solar(&self.column::<Energy>(rows.clone(), 3)))
            .unwrap()
            .with_import_limit("18.4".parse().unwrap())
            .with_export_limit("3.68".parse().unwrap());
        let ratio = || "0.95".parse().unwrap();
        let battery = Battery::new("10".parse().unwrap(), "5".parse().unwrap())
            .unwrap()
            .with_efficiency(ratio(), ratio())
            .with_wear("1.5".parse().unwrap())
            .unwrap();
        let request = Request::starting_at(level.to_string().parse().unwrap());
        let begin = Instant::now();
        let plan = battery.plan(&site, &request).unwrap();
        let own = (plan.objective().to_string().parse().unwrap(), begin.elapsed());
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
        Some([own, (theirs.cost?, theirs.took)]).filter(|_| theirs.proven)
    }
}
