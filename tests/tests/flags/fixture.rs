//! A small home with everything that a flag can name, in a folder of its own.

use kwhen_tests::command::kwhen;
use kwhen_tests::repository;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Products as the service answers them: for all, for businesses, for some, paid in advance, and one that pays for export.
const SOLD: &str = r#"[{"code": "FLAT-26-01-01", "direction": "IMPORT", "links": [], "available_from": "2026-01-01T00:00:00Z",
    "single_register_electricity_tariffs": {"_C": {"direct_debit_monthly": {"code": "E-1R-FLAT-26-01-01-C",
        "standard_unit_rate_exc_vat": 25, "standing_charge_exc_vat": 40}, "varying": {"code": "E-1R-FLAT-26-01-01-C",
        "standard_unit_rate_exc_vat": 26, "standing_charge_exc_vat": 40}}},
    "single_register_gas_tariffs": {"_C": {"direct_debit_monthly": {"code": "G-1R-FLAT-26-01-01-C", "standard_unit_rate_exc_vat": 6}}}},
  {"code": "WORK-26-01-01", "is_business": true, "links": [],
    "single_register_electricity_tariffs": {"_C": {"direct_debit_monthly": {"code": "E-1R-WORK-26-01-01-C", "standard_unit_rate_exc_vat": 22}}}},
  {"code": "SOME-26-01-01", "is_restricted": true, "links": [],
    "single_register_electricity_tariffs": {"_C": {"direct_debit_monthly": {"code": "E-1R-SOME-26-01-01-C", "standard_unit_rate_exc_vat": 21}}}},
  {"code": "COIN-26-01-01", "is_prepay": true, "links": [],
    "single_register_electricity_tariffs": {"_C": {"prepayment": {"code": "E-1R-COIN-26-01-01-C", "standard_unit_rate_exc_vat": 24}}}},
  {"code": "PAYS-26-01-01", "direction": "EXPORT", "links": [],
    "single_register_electricity_tariffs": {"_C": {"direct_debit_monthly": {"code": "E-1R-PAYS-26-01-01-C", "standard_unit_rate_exc_vat": 15}}}}]"#;

const GO: &str = r#"
code = "E-1R-GO-VAR-22-10-14-C"
standing_charge = "47.85"
dispatch_rate = "8.0953"
bands = [
    { name = "night", from = "00:30", to = "05:30", rate = "8.0953" },
    { name = "day", from = "05:30", to = "00:30", rate = "26.4" },
]
"#;
const ECONOMY_7: &str = r#"
code = "E-2R-VAR-22-11-01-A"
clock = "utc"
standing_charge = "50"
bands = [
    { name = "night", from = "00:30", to = "07:30", rate = "12.5" },
    { name = "day", from = "07:30", to = "00:30", rate = "30.1" },
]
"#;
const REGISTERS: &str = "register,at,reading\nday,2026-03-09,1000\nday,2026-03-11,1020\nnight,2026-03-09,99990\nnight,2026-03-11,5.5\n";
const ACCOUNT: &str = r#"
[[supplies]]
name = "import"
consumption = "consumption.csv"
agreements = [{ tariff = "E-1R-GO-VAR-22-10-14-C", valid_from = "2026-01-01" }]
"#;
const STATEMENT: &str = "kind,from,to,kwh,amount_minor\nenergy,2026-03-09,2026-03-11,20,400\nvat,,,,20\n";
const BATTERY: &str = "name = \"Home\"\ncapacity_kwh = \"9.5\"\nkw = 5\nstart_kwh = 2\n";
const CALORIFIC_VALUES: &str =
    "date,calorific_value\n2026-03-09,39.1\n2026-03-10,39.4\n2026-03-11,39.4\n2026-03-12,39.4\n";
const PAYLOAD: &str = r#"[{"brand": "TENTACLE_ENERGY", "code": "SUPER", "full_name": "Super - v1", "display_name": "Super", "description": "d",
    "available_from_date": "2019-03-26", "tariffs": [{"fuel": "GAS", "gsp": "_C", "tariff_code": "G-1R-SUPER-C", "payment_method": "DD",
    "unit_rates": [{"value": "1000", "valid_from_date": "2019-03-26"}], "standing_charges": [{"value": "500", "valid_from_date": "2019-03-26"}]}]}]"#;
const PRODUCTS: &str = r#"[{"code": "ECO", "is_business": false, "tariffs": [{"fuel": "ELECTRICITY", "tariff_code": "E-2R-ECO-24-01-01-C",
    "unit_rates": [{"value": "30", "valid_from_date": "2026-01-01", "valid_to_date": null, "rate_type": "ECO7_DAY"},
        {"value": "12", "valid_from_date": "2026-01-01", "valid_to_date": null, "rate_type": "ECO7_NIGHT"}],
    "standing_charges": [{"value": "50", "valid_from_date": "2026-01-01", "valid_to_date": null, "rate_type": null}]}]}]"#;

/// From 2 to 12 March 2026, half-hour by half-hour.
fn half_hours(heading: &str, value: impl Fn(usize) -> Option<String>) -> String {
    let start: chrono::DateTime<chrono::Utc> = "2026-03-02T00:00:00Z".parse().unwrap();
    let at = |place: usize| (start + chrono::TimeDelta::minutes(30 * place as i64)).format("%FT%TZ");
    let mut rows = format!("{heading}\n");
    for place in 0..480 {
        if let Some(value) = value(place) {
            writeln!(rows, "{},{},{value}", at(place), at(place + 1)).unwrap();
        }
    }
    rows
}

pub(crate) fn make(folder: &Path) {
    // With ties, and a negative one now and then.
    let rate = |place: usize| {
        Some(if place % 48 == 25 { "-2".to_owned() } else { format!("{}.5", 8 + (place * 7) % 23) })
    };
    let use_of = |place: usize| format!("0.{}", 150 + (place * 37) % 700);
    let sun = |place: usize| if (16..34).contains(&(place % 48)) { "1.2" } else { "0" };
    let lacking = 8 * 48 + 20;
    for (name, text) in [
        ("rates.csv", half_hours("valid_from,valid_to,rate", rate)),
        ("other.csv", half_hours("valid_from,valid_to,rate", |place| rate(place + 5))),
        ("export.csv", half_hours("valid_from,valid_to,rate", |place| Some(format!("{}", 5 + place % 11)))),
        ("carbon.csv", half_hours("valid_from,valid_to,rate", |place| Some(format!("{}", 60 + place % 190)))),
        (
            "consumption.csv",
            half_hours("interval_start,interval_end,consumption", |place| {
                (place != lacking).then(|| use_of(place))
            }),
        ),
        ("load.csv", half_hours("interval_start,interval_end,consumption", |place| Some(use_of(place)))),
        (
            "solar.csv",
            half_hours("interval_start,interval_end,consumption", |place| Some(sun(place).to_owned())),
        ),
        (
            "standing.csv",
            "valid_from,valid_to,standing_charge\n2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,41.2\n"
                .to_owned(),
        ),
        ("go.toml", GO.to_owned()),
        ("economy-7.toml", ECONOMY_7.to_owned()),
        ("flat.toml", "code = \"FLAT\"\nunit_rate = \"25\"\nstanding_charge = \"50\"\n".to_owned()),
        ("outgoing.toml", "code = \"OUT\"\ndirection = \"export\"\nunit_rate = \"15\"\n".to_owned()),
        ("registers.csv", REGISTERS.to_owned()),
        ("account.toml", ACCOUNT.to_owned()),
        ("statement.csv", STATEMENT.to_owned()),
        ("statements.txt", "statement 2026-03-09 2026-03-11\nenergy 20 kWh 400\nvat 20\n".to_owned()),
        ("home.toml", BATTERY.to_owned()),
        (
            "circuits.toml",
            "[[circuits]]\nname = \"board\"\ndevices = [\"Home\"]\nimport_kw = \"0.5\"\n".to_owned(),
        ),
        (
            "appliance.toml",
            "name = \"Washing\"\n[program]\nstep_minutes = 30\nkw = [\"2\", \"0.5\"]\n".to_owned(),
        ),
        (
            "washer.toml",
            "name = \"Washer\"\n[program]\nstep_minutes = 30\nkw = [\"2\", \"0.5\"]\n[[runs]]\nearliest = \"20:00\"\nlatest = \"07:00\"\n".to_owned(),
        ),
        (
            "buy.toml",
            "[[options]]\nname = \"home\"\nprice = \"2000\"\nbattery = [\"second.toml\"]\n".to_owned(),
        ),
        ("second.toml", "name = \"Second\"\ncapacity_kwh = 5\nkw = \"2.5\"\n".to_owned()),
        ("sold.json", SOLD.to_owned()),
        (
            "tank.toml",
            "name = \"Tank\"\ncapacity_kwh = 6\nkw = [\"2\"]\nend = { at_least_kwh = 2 }\nlevel_step_kwh = \"0.01\"\n".to_owned(),
        ),
        (
            "green.json",
            r#"{"data": {"greennessForecast": [{"validFrom": "2026-03-09T00:00:00Z", "validTo": "2026-03-10T12:00:00Z", "greennessScore": 50, "greennessIndex": "LOW"}]}}"#
                .to_owned(),
        ),
        ("calorific.csv", CALORIFIC_VALUES.to_owned()),
        ("products.json", PRODUCTS.to_owned()),
        (
            "dispatches.csv",
            "from,to\n2026-03-09T12:00:00Z,2026-03-09T13:00:00Z\n2025-06-05T12:00:00Z,2025-06-05T13:00:00Z\n"
                .to_owned(),
        ),
        (
            "sessions.csv",
            "start,end,kind,limit_kwh\n2026-03-09T12:00,2026-03-09T13:00,happy-hour,16\n2025-06-05T12:00,2025-06-05T13:00,free-electricity,none\n"
                .to_owned(),
        ),
        (
            "car.toml",
            "code = \"CAR\"\ndispatch_rate = \"7\"\nbands = [{ name = \"night\", from = \"23:30\", to = \"05:30\", rate = \"7\" }, { name = \"day\", from = \"05:30\", to = \"23:30\", rate = \"27\" }]\ndevice = { off_peak_rate = \"6\", peak_rate = \"30\" }\n"
                .to_owned(),
        ),
        ("key", "sk_test_fake\n".to_owned()),
        ("organisation", "organisation\n".to_owned()),
        ("authority.pem", AUTHORITY.to_owned()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::create_dir(folder.join("payloads")).unwrap();
    fs::write(folder.join("payloads/products.json"), PAYLOAD).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let whole = repository().join("tests/cases/store-error-drops-meter/whole.db");
    fs::copy(whole, file("whole.db")).unwrap();
    let window = ["--from", "2026-03-09T16:00", "--to", "2026-03-10", "--format", "json"];
    let rates = file("rates.csv");
    let cheapest = ["cheapest", "--rates", &rates, "--duration", "2h", "--split", "--latest"];
    fs::write(file("window.json"), kwhen(cheapest.iter().chain(&window)).stdout).unwrap();
    let charge = [
        "charge",
        "--rates",
        &rates,
        "--kwh",
        "5",
        "--kw",
        "3",
        "--from",
        "2026-03-09T18:00",
        "--by",
        "2026-03-10",
        "--latest",
    ];
    fs::write(file("charge.json"), kwhen(charge.iter().chain(&["--format", "json"])).stdout).unwrap();
    let battery = [
        "battery",
        "--rates",
        &rates,
        "--capacity-kwh",
        "5",
        "--kw",
        "3",
        "--from",
        "2026-03-09",
        "--to",
        "2026-03-10",
    ];
    fs::write(file("plan.csv"), kwhen(battery.iter().chain(&["--format", "csv"])).stdout).unwrap();
    let out = file("meters");
    let _ = kwhen(["batch", "generate", "--meters", "2", "--out", &out]).stdout_of_success();
    let (rows, lists) = (format!("{out}/consumption.parquet"), file("dense.parquet"));
    let _ = kwhen(["batch", "convert", "--consumption", &rows, "--out", &lists, "--to", "dense"])
        .stdout_of_success();
}

/// All that is in a folder, by name and content.
pub(crate) fn held(folder: &Path) -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut text = String::new();
    for file in files.iter().filter(|file| file.extension().is_none_or(|kind| kind != "db")) {
        let content = if file.is_dir() { held(file).into_bytes() } else { fs::read(file).unwrap() };
        let sum = content.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        writeln!(text, "{:?} {} {sum}", file.file_name().unwrap(), content.len()).unwrap();
    }
    text
}

/// The certificate of an authority that nobody knows.
const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----
MIIBfjCCASWgAwIBAgIUaoKkYuUeF5knRI3Hu7Or1lwKfBowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEzMDE4MjgwNloYDzIxMjYxMTA2
MTgyODA2WjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARm0rIlJyWEnc4baDp5Of/vXHHEkwv+8q/rrhJbdQgV4JvtJD8ilLaz
5HeUgL+U/1TNIN8MnL1SvQnlcXF+TbsQo1MwUTAdBgNVHQ4EFgQUI4rj1SleOFrl
geOAxfTkfJXReygwHwYDVR0jBBgwFoAUI4rj1SleOFrlgeOAxfTkfJXReygwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiB1wvQcFkQQI7kO1cOLgX1B
xayPgf14R5hDFA/o4V9GGwIgUKaJGyDk47zT9R8yH9iXLdwT6mqZ1Mvc+rqaSrBe
tEc=
-----END CERTIFICATE-----
";
