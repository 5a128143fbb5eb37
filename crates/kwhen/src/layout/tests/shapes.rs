//! Each known layout on a small file of its shape, written for the test.

use super::*;
use crate::series::{NoticeKind, VatBasis};

fn price(taken: &Taken<RateSeries>, at: &str) -> String {
    let at = parse_instant(at).unwrap();
    let interval = taken.series.intervals().find(|interval| interval.span.contains(at)).unwrap();
    let exclusive = interval.prices.on(VatBasis::Exclusive).map(|rate| format!("{rate} exc"));
    exclusive.or(interval.prices.on(VatBasis::Inclusive).map(|rate| format!("{rate} inc"))).unwrap()
}

fn layout_of(taken: &Taken<Consumption>) -> &str {
    &taken.file.layout
}

#[test]
fn the_websites_export_leaves_zeros_out() {
    let head = " Consumption (kwh), Estimated Cost Inc. Tax (p), Standing Charge Inc. Tax (p), Start, End\n";
    let text = format!(
        "{head}0.108, 0.7560378, 0.99, 2026-10-25T00:30:00+01:00, 2026-10-25T01:00:00+01:00\n0.2, 1.4, 0.99, 2026-10-25T01:00:00+01:00, 2026-10-25T01:30:00+01:00\n0.3, 1.4, 0.99, 2026-10-25T01:00:00+00:00, 2026-10-25T01:30:00+00:00\n"
    );
    let taken = readings(&text).unwrap();
    assert_eq!(layout_of(&taken), "octopus-website");
    assert_eq!(summary(&taken), "2026-10-24T23:30:00Z to 2026-10-25T01:30:00Z 4 0.608");
    let notice = taken.series.notices().iter().find(|notice| notice.kind == NoticeKind::LeftOutZero).unwrap();
    assert_eq!(notice.count, 1);
    // An export that has zeros leaves none out: what is not there is a gap.
    let with_zero = format!("{text}0, 0, 0.99, 2026-10-25T02:30:00+00:00, 2026-10-25T03:00:00+00:00\n");
    assert_eq!(
        summary(&readings(&with_zero).unwrap()),
        "2026-10-24T23:30:00Z to 2026-10-25T03:00:00Z 4 0.608"
    );
    let said = Said { left_out_is_zero: Some(false), ..Said::default() };
    assert_eq!(readings_as(&text, &said).unwrap().series.reading_count(), 3);
    let gas = "Consumption (m³),Estimated Cost Inc. Tax (p),Standing Charge Inc. Tax (p),Start,End\n0.5,1,1,2026-07-01T00:00:00+01:00,2026-07-01T00:30:00+01:00\n";
    assert!(readings(gas).unwrap().file.is_gas);
}

#[test]
fn graphql_answers() {
    let text = r#"{"data":{"property":{"measurements":{"edges":[
        {"node":{"value":"0.1250","unit":"kwh","startAt":"2026-03-29T00:30:00+00:00","endAt":"2026-03-29T02:00:00+01:00","metaData":{"statistics":[{"type":"X","value":"1"}]}}},
        {"node":{"value":"0.25","unit":"kwh","startAt":"2026-03-29T02:00:00+01:00","endAt":"2026-03-29T02:30:00+01:00","metaData":{"statistics":[]}}}]}}}}"#;
    let taken = readings(text).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("octopus-measurements", "2026-03-29T00:30:00Z to 2026-03-29T01:30:00Z 2 0.375")
    );
    let text = r#"{"data":{"applicableRates":{"edges":[{"node":{"value":21.5,"validFrom":"2026-07-01T00:00:00Z","validTo":"2026-07-01T00:30:00Z"}}]}}}"#;
    assert_eq!(price(&rates(text).unwrap(), "2026-07-01T00:00:00Z"), "21.5 inc");
}

#[test]
fn glow_and_its_costs() {
    both_days(|day| {
        let rows: Vec<String> = day.iter().map(|(at, _, value)| format!("[{at},{value}]")).collect();
        format!(
            r#"{{"status":"OK","units":"kWh","classifier":"electricity.consumption","query":{{"period":"PT30M"}},"data":[{}]}}"#,
            rows.join(",")
        )
    });
    let cost = r#"{"units":"pence","classifier":"electricity.consumption.cost","data":[[1792882800,1],[1792884600,1]]}"#;
    let refused = readings(cost).unwrap_err().to_string();
    assert!(refused.contains("pence"), "costs are no readings: {refused}");
}

#[test]
fn low_carbon_london_with_rows_off_the_grid() {
    let text = "LCLid,stdorToU,DateTime,KWH/hh (per half hour) ,Acorn,Acorn_grouped\nMAC000002,Std,2012-10-12 00:30:00.0000000, 0 ,ACORN-A,Affluent\nMAC000002,Std,2012-10-12 01:00:00.0000000, 0.5 ,ACORN-A,Affluent\nMAC000002,Std,2012-10-12 01:07:27.0000000,Null,ACORN-A,Affluent\nMAC000002,Std,2012-10-12 01:30:00.0000000, 0.25 ,ACORN-A,Affluent\n";
    let taken = readings(text).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("low-carbon-london", "2012-10-12T00:30:00Z to 2012-10-12T02:00:00Z 3 0.75")
    );
    assert!(taken.file.line().unwrap().contains("--label"));
    let two = format!("{text}MAC000003,Std,2012-10-12 00:30:00.0000000, 9 ,ACORN-A,Affluent\n");
    assert!(readings(&two).unwrap_err().to_string().contains("another meter"));
    let said = Said { meter: Some("MAC000003".to_owned()), ..Said::default() };
    assert_eq!(readings_as(&two, &said).unwrap().series.total().unwrap().to_string(), "9");
}

fn nem12_day(values: &str, quality: &str, updated: &str) -> String {
    format!("300,20261004,{},{quality},,,{updated},\n", vec![values; 48].join(","))
}

#[test]
fn nem12_takes_the_later_update_and_the_unit() {
    let head = "100,NEM12,202610050000,MDPX,RETX\n200,NMI0000001,E1,E1,E1,N1,METER1,kWh,30,\n";
    let early = nem12_day("1", "A", "20261005000000");
    let late = nem12_day("2", "F14", "20261007000000");
    for days in [format!("{early}{late}"), format!("{late}{early}")] {
        let text = format!(
            "{head}{days}200,NMI0000001,B1,B1,B1,N1,METER1,Wh,30,\n{}900\n",
            nem12_day("500", "A", "20261005000000")
        );
        let taken = readings(&text).unwrap();
        assert_eq!(summary(&taken), "2026-10-03T14:00:00Z to 2026-10-04T14:00:00Z 48 96");
        let said = Said { channel: Some("B1".to_owned()), ..Said::default() };
        assert_eq!(readings_as(&text, &said).unwrap().series.total().unwrap().to_string(), "24");
        let both = Said { channel: Some("E1+B1".to_owned()), ..Said::default() };
        assert_eq!(readings_as(&text, &both).unwrap().series.total().unwrap().to_string(), "120");
    }
    let same = format!("{head}{early}{}", nem12_day("2", "A", "20261005000000"));
    assert!(readings(&same).unwrap_err().to_string().contains("the day is there twice"));
    // Intervals 1 to 2 are null.
    let quality = format!("{head}{}400,1,2,N,,\n400,3,48,A,,\n900\n", nem12_day("1", "V", "20261005000000"));
    assert_eq!(summary(&readings(&quality).unwrap()), "2026-10-03T14:00:00Z to 2026-10-04T14:00:00Z 46 46");
    let short = format!("{head}300,20261004,1,2,3,A,,,20261005000000,\n");
    assert!(readings(&short).unwrap_err().to_string().contains("48 values"));
    let other = format!("{head}{early}200,NMI0000002,E1,E1,E1,N1,METER1,kWh,30,\n{early}");
    assert!(readings(&other).unwrap_err().to_string().contains("another meter"));
}

fn a44(curve: &str, sequence: &str, points: &[(u32, &str)]) -> String {
    let points: String = points
        .iter()
        .map(|(position, price)| {
            format!("<Point><position>{position}</position><price.amount>{price}</price.amount></Point>")
        })
        .collect();
    format!(
        "<TimeSeries><classificationSequence_AttributeInstanceComponent.position>{sequence}</classificationSequence_AttributeInstanceComponent.position><currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>{curve}</curveType><Period><timeInterval><start>2026-10-24T22:00Z</start><end>2026-10-25T23:00Z</end></timeInterval><resolution>PT15M</resolution>{points}</Period></TimeSeries>"
    )
}

fn document(series: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Publication_MarketDocument xmlns=\"urn:x\">{series}</Publication_MarketDocument>"
    )
}

#[test]
fn entsoe_tells_auctions_and_curves_apart() {
    let first = a44("A03", "1", &[(1, "80.0"), (3, "82.5"), (50, "-10.0"), (99, "91.25")]);
    let second = a44("A03", "2", &[(1, "500")]);
    let text = document(&format!("{first}{second}"));
    let taken = rates(&text).unwrap();
    assert_eq!(price(&taken, "2026-10-24T22:15:00Z"), "8 exc");
    assert_eq!(price(&taken, "2026-10-25T22:45:00Z"), "9.125 exc");
    assert!(taken.file.line().unwrap().contains("sequence 2"));
    let said = Said { channel: Some("2".to_owned()), ..Said::default() };
    let other = unit_rates(text.as_bytes(), &said, &PriceOptions::default()).unwrap();
    assert_eq!(price(&other, "2026-10-25T22:45:00Z"), "50 exc");
    // A01: what is left out is a hole.
    let holes = rates(&document(&a44("A01", "1", &[(1, "80.0"), (3, "82.5")]))).unwrap();
    let at = |text: &str| parse_instant(text).unwrap();
    assert!(!holes.series.intervals().any(|interval| interval.span.contains(at("2026-10-24T22:15:00Z"))));
    for (points, wanted) in [
        (&[(101, "1")][..], "position"),
        (&[(2, "1"), (2, "2")], "must go up"),
        (&[(1, "x")], "price.amount"),
    ] {
        let error = rates(&document(&a44("A03", "1", points))).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    let answer = "<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason></Acknowledgement_MarketDocument>";
    assert!(rates(answer).unwrap_err().to_string().contains("No matching data"));
}

#[test]
fn green_button_with_a_power_of_ten() {
    let reading = |start: i64, value: u32| {
        format!(
            "<IntervalReading><timePeriod><duration>1800</duration><start>{start}</start></timePeriod><value>{value}</value></IntervalReading>"
        )
    };
    let entry = |own: &str, up: &str, related: &str, content: &str| {
        format!(
            "<entry><link rel=\"self\" href=\"{own}\"/><link rel=\"up\" href=\"{up}\"/><link rel=\"related\" href=\"{related}\"/><content>{content}</content></entry>"
        )
    };
    let kind = |flow: u32, power: i32| {
        format!(
            "<espi:ReadingType><espi:flowDirection>{flow}</espi:flowDirection><espi:powerOfTenMultiplier>{power}</espi:powerOfTenMultiplier><espi:uom>72</espi:uom></espi:ReadingType>"
        )
    };
    let block = |readings: &str| format!("<IntervalBlock>{readings}</IntervalBlock>");
    let feed = format!(
        "<feed xmlns:espi=\"http://naesb.org/espi\">{}{}{}{}{}{}</feed>",
        entry("/R/1", "/R", "/T/1", "<MeterReading/>"),
        entry("/R/2", "/R", "/T/2", "<MeterReading/>"),
        entry("/T/1", "/T", "", &kind(1, 0)),
        entry("/T/2", "/T", "", &kind(19, 3)),
        entry(
            "/R/1/B/1",
            "/R/1/B",
            "",
            &block(&format!("{}{}", reading(1_793_000_400, 250), reading(1_793_002_200, 500)))
        ),
        entry("/R/2/B/1", "/R/2/B", "", &block(&reading(1_793_000_400, 2))),
    );
    let taken = readings(&feed).unwrap();
    assert_eq!(
        (taken.series.reading_count(), taken.series.total().unwrap().to_string().as_str()),
        (2, "0.75")
    );
    let said = Said { channel: Some("export".to_owned()), ..Said::default() };
    assert_eq!(readings_as(&feed, &said).unwrap().series.total().unwrap().to_string(), "2");
    assert!(readings("<feed></feed>").unwrap_err().is_missing());
}

#[test]
fn wide_days() {
    let names: Vec<String> = (0..48).map(|slot| format!("{:02}:{:02}", slot / 2, slot % 2 * 30)).collect();
    let text =
        format!("mpan,date,{}\n1200000000000,2026-10-24,{}\n", names.join(","), vec!["0.1"; 48].join(","));
    assert_eq!(summary(&readings(&text).unwrap()), "2026-10-23T23:00:00Z to 2026-10-24T23:00:00Z 48 4.8");
    // Numbers of slots go by the day's own count: 50 in autumn, 46 in spring.
    let numbers: Vec<String> = (1..=50).map(|slot| format!("HH{slot}")).collect();
    let values = |count: usize| {
        (0..50).map(|slot| if slot < count { "0.1" } else { "" }).collect::<Vec<_>>().join(",")
    };
    let text = format!("date,{}\n2026-10-25,{}\n2026-10-26,{}\n", numbers.join(","), values(50), values(48));
    assert_eq!(summary(&readings(&text).unwrap()), "2026-10-24T23:00:00Z to 2026-10-27T00:00:00Z 98 9.8");
    let text = format!("date,{}\n2026-03-29,{}\n2026-03-30,{}\n", numbers.join(","), values(46), values(48));
    assert_eq!(summary(&readings(&text).unwrap()), "2026-03-29T00:00:00Z to 2026-03-30T23:00:00Z 94 9.4");
    let ends: Vec<String> = (1..=48).map(|slot| format!("{}:{:02}", slot / 2 % 24, slot % 2 * 30)).collect();
    let ausgrid = format!(
        "Solar home half-hour data - 1 July 2012 to 30 June 2013\nCustomer,Generator Capacity,Postcode,Consumption Category,date,{}\n1,3.78,2076,GC,1/07/2012,{}\n1,3.78,2076,GG,1/07/2012,{}\n1,3.78,2076,GC,13/07/2012,{}\n",
        ends.join(","),
        vec!["0.3"; 48].join(","),
        vec!["0.5"; 48].join(","),
        vec!["0.1"; 48].join(",")
    );
    let taken = readings(&ausgrid).unwrap();
    assert_eq!(
        (layout_of(&taken), taken.series.total().unwrap().to_string().as_str()),
        ("ausgrid-solar-homes", "19.2")
    );
    assert_eq!(instant_text(taken.series.grid().start()), "2012-06-30T14:00:00Z");
}

#[test]
fn registers_are_differenced() {
    let text = "statistic_id,unit,start,state,sum\nsensor.import,kWh,2026-10-24 23:00Z,10,100\nsensor.import,kWh,2026-10-25 00:00Z,11,101.5\nsensor.import,kWh,2026-10-25 01:00Z,11,101.75\nsensor.import,kWh,2026-10-25 02:00Z,1,90\nsensor.import,kWh,2026-10-25 03:00Z,1,91\n";
    let taken = readings(text).unwrap();
    assert_eq!(layout_of(&taken), "home-assistant-statistics");
    assert_eq!(summary(&taken), "2026-10-25T00:00:00Z to 2026-10-25T04:00:00Z 3 2.75");
    assert!(taken.series.notices().iter().any(|notice| notice.kind == NoticeKind::RegisterReset));
    let said = Said { register: Some(RegisterAt::Time), ..Said::default() };
    let loggers = "time,total kwh\n2026-07-01 00:00Z,5000\n2026-07-01 00:15Z,5000.1\n2026-07-01 00:30Z,5000.3\n2026-07-01 01:30Z,5001\n2026-07-01 01:45Z,5001\n";
    let taken = readings_as(loggers, &said).unwrap();
    assert_eq!(summary(&taken), "2026-07-01T00:00:00Z to 2026-07-01T01:45:00Z 3 0.3");
    assert!(taken.series.notices().iter().any(|notice| notice.kind == NoticeKind::RegisterGap));
    // A column that only goes up, far beyond what flows in a row, is a register: its differences are the readings.
    let mut text = "utc_timestamp,DE_KN_residential1_grid_import (kWh)\n".to_owned();
    for hour in 0..30 {
        let at = chrono::DateTime::from_timestamp(1_782_864_000 + hour * 3600, 0).unwrap();
        let _ = writeln!(text, "{},{}", instant_text(at), 4_000 + hour);
    }
    let said = Said { label: Some(Label::Start), ..Said::default() };
    let taken = readings_as(&text, &said).unwrap();
    assert_eq!(
        (taken.series.reading_count(), taken.series.total().unwrap().to_string().as_str()),
        (29, "29")
    );
    assert!(taken.file.line().unwrap().contains("register"));
}

#[test]
fn prices_of_markets_and_apps() {
    let cases = [
        (
            r#"{"data":[{"start_timestamp":1792882800000,"end_timestamp":1792886400000,"marketprice":84.5,"unit":"Eur/MWh"}]}"#,
            "awattar",
            "8.45 exc",
        ),
        (
            r#"{"Prices":[{"price":0.25,"readingDate":"2026-10-24T23:00:00Z"},{"price":0.26,"readingDate":"2026-10-25T00:00:00Z"}],"intervalType":4}"#,
            "energyzero",
            "25 inc",
        ),
        (
            r#"{"total":2,"dataset":"Elspotprices","records":[{"HourUTC":"2026-10-24T23:00:00","HourDK":"2026-10-25T01:00:00","PriceArea":"DK1","SpotPriceDKK":500.5,"SpotPriceEUR":67.1}]}"#,
            "energi-data-service-elspot",
            "50.05 exc",
        ),
        (
            r#"{"data":[{"startTime":"2026-10-24T23:00:00Z","dataProvider":"N2EXMIDP","settlementDate":"2026-10-25","settlementPeriod":1,"price":0.0,"volume":0},{"startTime":"2026-10-24T23:00:00Z","dataProvider":"APXMIDP","settlementDate":"2026-10-25","settlementPeriod":1,"price":77.7,"volume":9}]}"#,
            "elexon-market-index",
            "7.77 exc",
        ),
        (
            r#"{"data":{"viewer":{"homes":[{"currentSubscription":{"priceInfo":{"today":[{"total":0.31,"energy":0.2,"tax":0.11,"startsAt":"2026-10-25T01:00:00.000+02:00"}],"tomorrow":[{"total":0.32,"energy":0.2,"tax":0.12,"startsAt":"2026-10-25T02:00:00.000+02:00"}]}}}]}}}"#,
            "tibber",
            "31 inc",
        ),
        (
            r#"{"result":{"rates":[{"start":"2026-10-25T01:00:00+02:00","end":"2026-10-25T02:00:00+02:00","value":0.123}]}}"#,
            "evcc",
            "12.3 inc",
        ),
        (
            r#"{"deliveryDateCET":"2026-10-25","currency":"GBP","multiAreaEntries":[{"deliveryStart":"2026-10-24T23:00:00Z","deliveryEnd":"2026-10-25T00:00:00Z","entryPerArea":{"UK":61.08}}]}"#,
            "nord-pool",
            "6.108 exc",
        ),
        (
            r#"[{"type":"ActualInterval","duration":30,"spotPerKwh":6.1,"perKwh":24.3,"nemTime":"2026-10-25T09:30:00+10:00","startTime":"2026-10-24T23:00:01Z","endTime":"2026-10-24T23:30:00Z","channelType":"general"},{"type":"ActualInterval","duration":30,"spotPerKwh":6.1,"perKwh":-5,"nemTime":"2026-10-25T09:30:00+10:00","startTime":"2026-10-24T23:00:01Z","endTime":"2026-10-24T23:30:00Z","channelType":"feedIn"}]"#,
            "amber",
            "24.3 inc",
        ),
        (
            "timestamp,price\n2026-10-24 23:00:00+00:00,10.000\n2026-10-24 23:30:00+00:00,11.500\n",
            "columns",
            "10 inc",
        ),
        ("Hour;Price (EUR/MWh)\n25.10.2026 00:00;84,5\n25.10.2026 01:00;80\n", "columns", "8.45 inc"),
    ];
    for (text, layout, wanted) in cases {
        let taken = rates(text).unwrap_or_else(|error| panic!("{layout}: {error}"));
        assert_eq!(taken.file.layout, layout);
        assert_eq!(price(&taken, "2026-10-24T23:00:00Z"), wanted, "{layout}");
    }
    let feed_in = PriceOptions { role: Some(PriceRole::Export), ..PriceOptions::default() };
    let taken = unit_rates(cases[7].0.as_bytes(), &Said::default(), &feed_in).unwrap();
    assert_eq!(price(&taken, "2026-10-24T23:00:00Z"), "5 inc");
}

#[test]
fn tables_of_networks() {
    let hdf = "MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time\n10300000000,1,0.2,Active Import Interval (kW),29-03-2026 02:00\n10300000000,1,0.04,Active Export Interval (kW),29-03-2026 02:00\n10300000000,1,0.4,Active Import Interval (kW),29-03-2026 01:00\n10300000000,1,0.04,Active Export Interval (kW),29-03-2026 01:00\n";
    let error = readings(hdf).unwrap_err().to_string();
    assert!(error.contains("is skipped"), "an end that the clock never shows: {error}");
    let hdf = hdf.replace(" 01:00", " 00:30");
    let taken =
        readings(&hdf.replace("29-03-2026 02:00", "29-03-2026 01:00").replace("29-03", "29-06")).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("esb-hdf", "2026-06-28T23:00:00Z to 2026-06-29T00:00:00Z 2 0.3")
    );
    let enedis = "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite\n12345678901234;Courbe de charge;25/10/2026;26/10/2026;Energie active;Consommation;Comptage Brut;W\n\nHorodate;Valeur\n2026-10-25T02:30:00+02:00;1000\n2026-10-25T03:00:00+02:00;2000\n2026-10-25T02:30:00+01:00;3000\n";
    let taken = readings(enedis).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("enedis", "2026-10-25T00:00:00Z to 2026-10-25T01:30:00Z 3 3")
    );
    let datadis = "cups;fecha;hora;consumo_kWh;metodoObtencion\nES1;2026/07/01;01:00;0,5;Real\nES1;2026/07/01;24:00;0,25;Real\n";
    assert_eq!(summary(&readings(datadis).unwrap()), "2026-06-30T22:00:00Z to 2026-07-01T22:00:00Z 2 0.75");
    let numbered = "CUPS;Fecha;Hora;AE_kWh;AS_kWh\nES1;25/10/2026;1;0,5;0\nES1;25/10/2026;25;0,25;0\n";
    assert_eq!(summary(&readings(numbered).unwrap()), "2026-10-24T22:00:00Z to 2026-10-25T23:00:00Z 2 0.75");
    let fluvius = "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;Volume;Eenheid;Validatiestatus\n25-10-2026;02:30:00;25-10-2026;02:45:00;=\"541\";1;Digitaal;Afname Nacht;0;kWh;Gevalideerd\n25-10-2026;02:45:00;25-10-2026;02:00:00;=\"541\";1;Digitaal;Afname Nacht;0,25;kWh;Gevalideerd\n25-10-2026;02:45:00;25-10-2026;02:00:00;=\"541\";1;Digitaal;Injectie Nacht;0,5;kWh;Gevalideerd\n25-10-2026;02:00:00;25-10-2026;02:15:00;=\"541\";1;Digitaal;Afname Nacht;0,125;kWh;Gevalideerd\n";
    let taken = readings(fluvius).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("fluvius", "2026-10-25T00:30:00Z to 2026-10-25T01:15:00Z 3 0.375")
    );
    let energinet = "MålepunktsID;Fra_dato;Til_dato;Mængde;Måleenhed;Kvalitet;Type\n5713;25-10-2026 02:00:00;25-10-2026 03:00:00;0,5;KWH;Målt;Tidsserie\n5713;25-10-2026 02:00:00;25-10-2026 03:00:00;0,25;KWH;Målt;Tidsserie\n5713;25-10-2026 03:00:00;25-10-2026 04:00:00;0,125;KWH;Målt;Tidsserie\n";
    let taken = readings(energinet).unwrap();
    assert_eq!(
        (layout_of(&taken), summary(&taken).as_str()),
        ("energinet", "2026-10-25T00:00:00Z to 2026-10-25T03:00:00Z 3 0.875")
    );
    let sgsc = "CUSTOMER_ID,READING_DATETIME,CALENDAR_KEY,EVENT_KEY,GENERAL_SUPPLY_KWH,CONTROLLED_LOAD_KWH,GROSS_GENERATION_KWH\n8,2012-12-09 00:29:59,1,2,0.5,,\n8,2012-12-09 00:59:59,1,2,0.25,,\n";
    for text in [sgsc.to_owned(), sgsc.replace(":59,", ":00,")] {
        assert_eq!(summary(&readings(&text).unwrap()), "2012-12-08T13:00:00Z to 2012-12-08T14:00:00Z 2 0.75");
    }
}
