//! Loggers of smart meters and exports of networks that hold several registers, on small files of their shape, written for the test.

use super::*;

/// The slots of a local day of a zone: the instant at which each starts, and what the clock shows then, and at the end of the day.
fn day_of(zone: &str, date: &str, minutes: i64) -> Vec<(i64, String)> {
    let calendar = Calendar::named(zone).unwrap();
    let span = calendar.day(date.parse().unwrap()).unwrap();
    (0..=span.seconds() / (minutes * 60))
        .map(|slot| {
            let at = span.from() + chrono::TimeDelta::minutes(slot * minutes);
            (at.timestamp(), calendar.local(at).format("%Y-%m-%d %H:%M").to_string())
        })
        .collect()
}

/// The sum of 1 to so many Wh.
fn sum(count: i64) -> Energy {
    Energy::from_units(count * (count + 1) / 2 * 100_000).unwrap()
}

#[test]
fn registers_of_day_and_night_are_added_at_both_clock_changes() {
    for (date, quarters) in [("2026-03-29", 92), ("2026-10-25", 100)] {
        let slots = day_of("Europe/Amsterdam", date, 15);
        let mut text =
            "time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh,L1 max W,L2 max W,L3 max W\n"
                .to_owned();
        let (mut night, mut by_day) = (100_000_i64, 200_000_i64);
        for ((_, local), wh) in slots.iter().zip(0_i64..) {
            // The first quarter-hour draws 1 Wh, by night; the second 2 Wh, by day; and so on.
            if wh % 2 == 1 {
                night += wh
            } else {
                by_day += wh
            }
            let kwh = |wh: i64| format!("{}.{:03}", wh / 1000, wh % 1000);
            let _ = writeln!(text, "{local},{},{},50.000,{},0,0,0", kwh(night), kwh(by_day), kwh(3 * wh));
        }
        let taken = readings(&text).unwrap();
        assert_eq!(taken.file.layout, "homewizard-p1");
        let span = taken.series.grid().span().unwrap();
        assert_eq!((span.start_seconds(), span.seconds()), (slots[0].0, quarters * 900), "{date}");
        assert_eq!(taken.series.total().unwrap(), sum(quarters), "{date}");
        assert_eq!(taken.series.get(9).unwrap().to_string(), "0.01");
        let export = Said { channel: Some("export".to_owned()), ..Said::default() };
        let export = readings_as(&text, &export).unwrap();
        assert_eq!(export.series.total().unwrap(), Energy::from_units(quarters * 300_000).unwrap());
    }
    let one = "time,Import kWh,Export kWh\n2024-01-01 00:00,100.000,50.000\n2024-01-01 00:15,100.500,50.200\n2024-01-01 00:30,101.200,50.600\n";
    let taken = readings(one).unwrap();
    assert_eq!(
        (taken.file.layout.as_str(), taken.series.total().unwrap().to_string().as_str()),
        ("homewizard-meter", "1.2")
    );
    // A register that is exchanged for one that stands lower is named, and what flowed until then is missing.
    let exchanged = one.replace("101.200", "0.3");
    let taken = readings(&exchanged).unwrap();
    assert_eq!(
        (taken.series.reading_count(), taken.series.total().unwrap().to_string().as_str()),
        (1, "0.5")
    );
    let is_reset = |notice: &crate::series::Notice| notice.kind == crate::series::NoticeKind::RegisterReset;
    assert!(taken.series.notices().iter().any(is_reset), "{:?}", taken.series.notices());
}

#[test]
fn hours_of_dsmr_reader() {
    for (date, hours) in [("2026-03-29", 23), ("2026-10-25", 25)] {
        let mut slots = day_of("Europe/Amsterdam", date, 60);
        slots.pop();
        let mut text =
            "hour_start,electricity1,electricity2,electricity1_returned,electricity2_returned,gas\n"
                .to_owned();
        for ((_, local), wh) in slots.iter().zip(1_i64..) {
            let _ = writeln!(text, "{local}:00,0.{wh:03},0.000,0.000,0.{wh:03},1.5");
        }
        let taken = readings(&text).unwrap();
        assert_eq!((taken.file.layout.as_str(), taken.series.grid().len()), ("dsmr-reader", hours as usize));
        assert_eq!(taken.series.total().unwrap(), sum(hours), "{date}");
    }
}

#[test]
fn portugal_writes_ends_in_kw_with_a_mark_beside_each_column() {
    let head = "CPE;PT0002000000000000AA;;;;;;;;\nMês;2026/10;;;;;;;;\n\n";
    let long = "Data;Hora;Consumo medido na IC, Ativa (kW);Estado;Injeção na rede medida na IC, Ativa (kW);Estado;Consumo registado (kW);Estado;Injeção registada (kW);Estado\n";
    for (date, quarters) in [("2026-03-29", 92), ("2026-10-25", 100)] {
        let slots = day_of("Europe/Lisbon", date, 15);
        let rows = |measured: i64| -> String {
            let ends = slots.iter().skip(1).zip(1_i64..);
            ends.map(|((_, local), number)| {
                let (day, time) = (local[..10].replace('-', "/"), &local[11..]);
                // 4 W in a quarter-hour is 1 Wh.
                let watts = |watts: i64| format!("{},{:03}", watts / 1000, watts % 1000);
                let (measured, counted) = (watts(4 * number * measured), watts(4 * number));
                format!("{day};{time};{measured};Real;0,008;Real;{counted};Real;0,008;Real\n")
            })
            .collect()
        };
        let taken = readings(&format!("{head}{long}{}", rows(1))).unwrap();
        assert_eq!(taken.file.layout, "e-redes");
        let span = taken.series.grid().span().unwrap();
        assert_eq!((span.start_seconds(), span.seconds()), (slots[0].0, quarters * 900), "{date}");
        assert_eq!(taken.series.total().unwrap(), sum(quarters), "{date}");
        // Where what the meter counted is not what is registered, one is to be named.
        let shared = format!("{head}{long}{}", rows(2));
        let error = readings(&shared).unwrap_err().to_string();
        assert!(error.contains("--channel") && error.contains("Consumo registado (kW)"), "{error}");
        let said = Said { channel: Some("Consumo registado (kW)".to_owned()), ..Said::default() };
        assert_eq!(readings_as(&shared, &said).unwrap().series.total().unwrap(), sum(quarters));
        let short = slots.iter().skip(1).zip(1_i64..).map(|((_, local), number)| {
            format!("{},{},0.{:03},Real\n", local[..10].replace('-', "/"), &local[11..], 4 * number)
        });
        let short = format!("Data,Hora,Consumo registado (kW),Estado\n{}", short.collect::<String>());
        assert_eq!(readings(&short).unwrap().series.total().unwrap(), sum(quarters), "{date}");
    }
    // Columns that count are never taken for one another.
    let twice = "start,kwh,kwh\n2026-07-01T00:00:00Z,1,2\n2026-07-01T00:30:00Z,1,2\n";
    assert!(readings(twice).unwrap_err().to_string().contains("twice"));
}

#[test]
fn powershaper_as_json_and_csv() {
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| {
            let at = instant_text(chrono::DateTime::from_timestamp(*at, 0).unwrap());
            format!(r#"{{"time":"{at}","energy_kwh":{value},"carbon_kg":0.1}}"#)
        });
        format!("[{}]", rows.collect::<Vec<_>>().join(","))
    });
    both_days(|day| {
        let rows = day.iter().map(|(at, _, value)| {
            format!("{},{value},0.1\n", instant_text(chrono::DateTime::from_timestamp(*at, 0).unwrap()))
        });
        format!("time,energy_kwh,carbon_kg\n{}", rows.collect::<String>())
    });
}

#[test]
fn the_websites_export_of_home_and_car_is_one_meter() {
    let text = "Home Consumption (kWh),Home Unit Rate (p),EV Consumption (kWh),EV Unit Rate (p),Start,End\n0.1,25.5,3.5,7,2026-10-25T00:30:00+01:00,2026-10-25T01:00:00+01:00\n0.2,25.5,0,7,2026-10-25T01:00:00+01:00,2026-10-25T01:30:00+01:00\n0.3,25.5,0.1,7,2026-10-25T01:30:00+01:00,2026-10-25T01:00:00+00:00\n";
    let taken = readings(text).unwrap();
    assert_eq!(taken.file.layout, "octopus-website-home-and-ev");
    assert_eq!(summary(&taken), "2026-10-24T23:30:00Z to 2026-10-25T01:00:00Z 3 4.2");
}

#[test]
fn a_message_of_the_market_holds_nem12() {
    let values = vec!["1.5"; 48].join(",");
    let message = |data: &str| {
        format!(
            "<?xml version=\"1.0\"?><ase:aseXML xmlns:ase=\"urn:aseXML:r33\"><Header/><Transactions><Transaction><MeterDataNotification>{data}</MeterDataNotification></Transaction></Transactions></ase:aseXML>"
        )
    };
    let data = format!(
        "<CSVIntervalData>100,NEM12,202610050000,MDP1,RETAILER\n200,NEM1234567,E1,E1,E1,,METER1,kWh,30,\n300,20261004,{values},A,,,20261005010101,\n900</CSVIntervalData>"
    );
    let taken = readings(&message(&data)).unwrap();
    assert_eq!(summary(&taken), "2026-10-03T14:00:00Z to 2026-10-04T14:00:00Z 48 72");
    let error = readings(&message(&data.repeat(2))).unwrap_err().to_string();
    assert!(error.contains("2 elements CSVIntervalData"), "{error}");
}

/// A day a row, columns `PERIOD01` to `PERIOD48` and a letter of status for each.
#[test]
fn periods_of_a_day_with_a_letter_for_each() {
    let names: Vec<String> = (1..=48).map(|period| format!("PERIOD{period:02}")).collect();
    let mut text = format!("NMI,STREAM,READDATE,{},STATUS\n", names.join(","));
    for day in ["20261003", "20261004", "20261005"] {
        let values: Vec<String> = (1..=48).map(|wh| format!("0.{wh:03}")).collect();
        let _ = writeln!(text, "NEM1234567,E1,{day},{},{}", values.join(","), "A".repeat(48));
    }
    // Sydney goes forward on the 4th: its clock skips an hour, the market's does not.
    let clock = Some(LayoutClock::named("+10:00").unwrap());
    let taken = readings_as(&text, &Said { clock, ..Said::default() }).unwrap();
    assert_eq!(summary(&taken), "2026-10-02T14:00:00Z to 2026-10-05T14:00:00Z 144 3.528");
}

/// Cumulative registers in one file, of which each is a series, with a mark beside.
#[test]
fn households_as_registers() {
    let mut text = "utc_timestamp,cet_cest_timestamp,DE_KN_residential1_grid_import,DE_KN_residential1_pv,interpolated\n".to_owned();
    for slot in 0_i64..48 {
        let at = chrono::DateTime::from_timestamp(1_774_738_800 + slot * 900, 0).unwrap();
        let local = Calendar::named("Europe/Berlin").unwrap().local_text(at);
        let _ = writeln!(text, "{},{local},{},{},", at.format("%Y-%m-%dT%H:%M:%SZ"), 5000 + slot, slot * 2);
    }
    let said = Said {
        column: Some("DE_KN_residential1_grid_import".to_owned()),
        register: Some(RegisterAt::Time),
        ..Said::default()
    };
    let taken = readings_as(&text, &said).unwrap();
    assert_eq!(summary(&taken), "2026-03-28T23:00:00Z to 2026-03-29T10:45:00Z 47 47");
    // It is told without being said, and said in the notes.
    let told = readings_as(&text, &Said { register: None, ..said }).unwrap();
    assert_eq!(summary(&told), summary(&taken));
    assert!(told.file.line().unwrap().contains("register"), "{:?}", told.file.line());
}

/// Enedis writes mean powers in one export and energy in another: the unit of the row decides.
#[test]
fn the_unit_of_each_row_decides() {
    let rows = |unit: &str| -> String {
        let slots = day_of("Europe/Paris", "2026-10-25", 30);
        let rows = slots.iter().take(50).map(|(at, _)| {
            let at = chrono::DateTime::from_timestamp(*at, 0).unwrap();
            format!("{};100;{unit}\n", Calendar::named("Europe/Paris").unwrap().local_text(at))
        });
        format!("Horodate;Valeur;Unité\n{}", rows.collect::<String>())
    };
    let paris = Calendar::named("Europe/Paris").unwrap();
    let read =
        |text: &str| consumption(text.as_bytes(), &Said::default(), &ReadingOptions::default(), &paris, None);
    let taken = read(&rows("Wh")).unwrap();
    assert_eq!(
        (taken.file.layout.as_str(), summary(&taken).as_str()),
        ("enedis-r63", "2026-10-24T22:00:00Z to 2026-10-25T23:00:00Z 50 5")
    );
    assert!(read(&rows("VAR")).is_err());
}
