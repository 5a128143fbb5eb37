//! Two values for every flag: one that is right, and one that must never be passed over without a word.

/// How a command is run so that it works; `{data}` is the folder of the files, `{run}` one that the run has for itself.
pub(crate) struct Mode {
    /// The words of the command.
    pub(crate) command: &'static str,
    /// Its flags, and words without one.
    pub(crate) base: &'static str,
}

const fn mode(command: &'static str, base: &'static str) -> Mode {
    Mode { command, base }
}

pub(crate) const MODES: &[Mode] = &[
    mode(
        "bill",
        "--rates {data}/rates.csv --consumption {data}/consumption.csv --from 2026-03-09 --to 2026-03-11",
    ),
    mode(
        "bill",
        "--tariff {data}/go.toml --consumption {data}/consumption.csv --from 2026-03-09 --to 2026-03-11",
    ),
    mode("bill", "--tariff {data}/economy-7.toml --registers {data}/registers.csv --register-digits 5"),
    mode("bill", "--account {data}/account.toml --tariff {data}/go.toml --from 2026-03-09 --to 2026-03-11"),
    mode("bill", "--store {run}/whole.db --fuel electricity --from 2025-06-05 --to 2025-06-08"),
    mode(
        "compare",
        "--tariff {data}/go.toml --tariff {data}/rates.csv --consumption {data}/consumption.csv --from 2026-03-09 --to 2026-03-11",
    ),
    mode(
        "reconcile",
        "--statement {data}/statement.csv --tariff {data}/go.toml --consumption {data}/consumption.csv",
    ),
    mode("now", "--rates {data}/rates.csv --at 2026-03-09T12:00"),
    mode("today", "--rates {data}/rates.csv --consumption {data}/consumption.csv --at 2026-03-09T12:00"),
    mode("watch now", "--rates {data}/rates.csv --at 2026-03-09T12:00 --times 1 --every 1ms"),
    mode("watch today", "--rates {data}/rates.csv --at 2026-03-09T12:00 --times 1 --every 1ms"),
    mode("inspect", "{data}/consumption.csv"),
    mode("convert", "{data}/consumption.csv {run}/out.csv"),
    mode("tariff show", "{data}/rates.csv --date 2026-03-09"),
    mode("tariff show", "{data}/products.json --date 2026-03-09"),
    mode("tariff show", "{data}/go.toml --date 2026-03-09"),
    mode("tariff explain", "E-1R-AGILE-24-10-01-C"),
    mode("tariff import", "tests/cases/published-tariffs/pricelist.json"),
    mode("cheapest", "--rates {data}/rates.csv --duration 2h --from 2026-03-09 --to 2026-03-10"),
    mode("cheapest", "--rates {data}/rates.csv --duration 2h --split --from 2026-03-09 --to 2026-03-10"),
    mode("cheapest", "--rates {data}/rates.csv --profile 2,1,0.5 --during 2026-03-09"),
    mode("charge", "--rates {data}/rates.csv --kwh 6 --kw 3 --from 2026-03-09T12:00 --by 2026-03-10"),
    mode(
        "charge",
        "--rates {data}/rates.csv --capacity-kwh 20 --state-of-charge 30% --target 60% --kw 3 --from 2026-03-09T12:00 --by 2026-03-10",
    ),
    mode(
        "battery",
        "--rates {data}/rates.csv --export-rates {data}/other.csv --load {data}/load.csv --solar {data}/solar.csv --capacity-kwh 5 --kw 3 --from 2026-03-09 --to 2026-03-10",
    ),
    mode("battery", "--rates {data}/rates.csv --battery {data}/home.toml --from 2026-03-09 --to 2026-03-10"),
    mode(
        "backtest",
        "--rates {data}/rates.csv --export-rates {data}/other.csv --load {data}/load.csv --solar {data}/solar.csv --capacity-kwh 5 --kw 3 --from 2026-03-09 --to 2026-03-11",
    ),
    mode(
        "backtest",
        "--rates {data}/rates.csv --load {data}/load.csv --capacity-kwh 5 --kw 3 --sweep-capacity-kwh 2,5 --from 2026-03-09 --to 2026-03-11",
    ),
    mode(
        "batch",
        "--consumption {data}/meters/consumption.parquet --rates {data}/meters/rates.parquet --agreements {data}/meters/agreements.parquet --out {run}/bills.parquet --from 2025-02-01 --to 2025-03-01",
    ),
    mode("batch generate", "--out {run}/made --meters 1"),
    mode(
        "batch convert",
        "--consumption {data}/meters/consumption.parquet --out {run}/out.parquet --to dense",
    ),
    mode("batch convert", "--consumption {data}/dense.parquet --out {run}/out.parquet --to long"),
    mode("demo", ""),
    mode("init", "{run}/kwhen.toml --instance {server} --allow-http --key-file {data}/key --from 2026-03-01"),
    mode("doctor", "--store {run}/whole.db"),
    mode("schema", "bill"),
    mode("config show", "bill"),
    mode("completions", "bash"),
    mode("store check", "--store {run}/whole.db"),
    mode("fetch status", "--store {run}/whole.db"),
    mode("fetch products", "--instance {server} --allow-http --key-file {data}/key"),
    mode("fetch account", "A-12AB34CD --instance {server} --allow-http --key-file {data}/key"),
    mode(
        "fetch rates",
        "--tariff E-1R-AGILE-24-10-01-C --from 2026-02-01 --to 2026-02-02 --store {run}/new.db --instance {server} --allow-http --key-file {data}/key",
    ),
    mode(
        "fetch consumption",
        "--meter-point 2000024512368 --serial-number Z16N389556 --from 2026-02-01 --to 2026-02-02 --store {run}/new.db --instance {server} --allow-http --key-file {data}/key",
    ),
];

/// What a flag is worth trying with.
pub(crate) enum Values {
    /// It stands alone.
    Alone,
    /// A right value and a wrong one.
    Of(&'static str, &'static str),
}

/// The values of a flag; `None` for one that is not known here: add it.
pub(crate) fn values(command: &str, flag: &str) -> Option<Values> {
    use Values::{Alone, Of};
    let family = command.split(' ').next().unwrap_or("");
    let own = match (family, command, flag) {
        ("batch", "batch convert", "--to") => Some(Of("long", "nonsense")),
        ("batch", _, "--consumption") => {
            Some(Of("{data}/meters/consumption.parquet", "{data}/nosuch.parquet"))
        }
        ("batch", _, "--rates") => Some(Of("{data}/meters/rates.parquet", "{data}/nosuch.parquet")),
        ("batch", _, "--layout") => Some(Of("dense", "nonsense")),
        ("batch", "batch generate", "--out") => Some(Of("{run}/other", "{data}/key/other")),
        ("batch", _, "--out") => Some(Of("{run}/other.parquet", "{data}/key/out.parquet")),
        ("batch", "batch", "--from") => Some(Of("2025-02-03", "nonsense")),
        ("batch", "batch", "--to") => Some(Of("2025-02-20", "nonsense")),
        ("batch", "batch", "--by") => Some(Of("day", "nonsense")),
        ("cheapest", _, "--previous") => Some(Of("{data}/window.json", "{data}/nosuch.json")),
        ("cheapest", _, "--latest" | "--frontier") => Some(Alone),
        ("cheapest", _, "--unless-better-by") => Some(Of("20", "nonsense")),
        ("init", _, "--account") => Some(Of("A-12AB34CD", "nonsense")),
        ("init", _, "--from") => Some(Of("2026-02-27", "nonsense")),
        ("charge", _, "--from") => Some(Of("2026-03-09T14:00", "nonsense")),
        ("charge", _, "--dispatches") => Some(Of("2026-03-09T16:00..2026-03-09T17:00@2", "nonsense")),
        ("charge", _, "--state-of-charge") => Some(Of("20%", "nonsense")),
        ("tariff", "tariff explain", "--rate") => Some(Of("29.06", "nonsense")),
        ("fetch", _, "--tariff") => Some(Of("E-1R-VAR-22-11-01-C", "nonsense")),
        ("fetch", _, "--from") => Some(Of("2026-02-01T06:00", "nonsense")),
        ("fetch", _, "--to") => Some(Of("2026-02-01T18:00", "nonsense")),
        ("backtest", _, "--by") => Some(Of("day", "nonsense")),
        ("backtest", _, "--from") => Some(Of("2026-03-08", "nonsense")),
        _ => None,
    };
    if own.is_some() {
        return own;
    }
    Some(match flag {
        // Files.
        "--rates" => Of("{data}/other.csv", "{data}/nosuch.csv"),
        "--consumption" => Of("{data}/load.csv", "{data}/nosuch.csv"),
        "--registers" => Of("{data}/registers.csv", "{data}/nosuch.csv"),
        "--standing-charges" => Of("{data}/standing.csv", "{data}/nosuch.csv"),
        "--tariff" => Of("{data}/flat.toml", "{data}/nosuch.toml"),
        "--export-tariff" => Of("{data}/outgoing.toml", "{data}/nosuch.toml"),
        "--export-consumption" | "--solar" | "--surplus" => Of("{data}/solar.csv", "{data}/nosuch.csv"),
        "--account" => Of("{data}/account.toml", "{data}/nosuch.toml"),
        "--dispatches" => Of("{data}/dispatches.csv", "{data}/nosuch.csv"),
        "--calorific-values" => Of("{data}/calorific.csv", "{data}/nosuch.csv"),
        "--statement" => Of("{data}/statement.csv", "{data}/nosuch.csv"),
        "--added" | "--export-rates" => Of("{data}/export.csv", "{data}/nosuch.csv"),
        "--load" => Of("{data}/consumption.csv", "{data}/nosuch.csv"),
        "--carbon" => Of("{data}/carbon.csv", "{data}/nosuch.csv"),
        "--sweep-rates" => Of("{data}/other.csv", "{data}/nosuch.csv"),
        "--battery" => Of("{data}/home.toml", "{data}/nosuch.toml"),
        "--previous" => Of("{data}/charge.json", "{data}/nosuch.json"),
        "--cost-of" => Of("{data}/plan.csv", "{data}/nosuch.csv"),
        "--circuits" => Of("{data}/circuits.toml", "{data}/nosuch.toml"),
        "--thermal" => Of("{data}/tank.toml", "{data}/nosuch.toml"),
        "--appliance" => Of("{data}/appliance.toml", "{data}/nosuch.toml"),
        "--agreements" => Of("{data}/meters/agreements.parquet", "{data}/nosuch.parquet"),
        "--report" => Of("{run}/report.csv", "{data}/key/report.csv"),
        "--html" => Of("{run}/report.html", "{data}/key/report.html"),
        "--key-file" => Of("{data}/key", "{data}/nosuch"),
        "--store" => Of("{run}/whole.db", "{data}/key/kwhen.db"),
        "--rules" => Of("octopus", "nonsense"),
        "--time-zone" => Of("Europe/Berlin", "nonsense"),
        "--payment-method" => Of("direct-debit", "nonsense"),
        "--instance" => Of("{server}", "ftp://nonsense"),
        // Times.
        "--from" => Of("2026-03-09T06:00", "nonsense"),
        "--to" => Of("2026-03-09T18:00", "nonsense"),
        "--by" => match family {
            "charge" => Of("2026-03-09T23:00", "nonsense"),
            _ => Of("day", "nonsense"),
        },
        "--during" => Of("2026-03-10", "nonsense"),
        "--project-to" => Of("2026-03-21", "nonsense"),
        "--name" => Of("ABO", "nonsense"),
        "--date" => Of("2026-03-10", "nonsense"),
        "--at" => Of("2026-03-10T17:30", "nonsense"),
        "--available-at" => Of("2024-01-01", "nonsense"),
        "--why-not" => Of("2026-03-09T18:00", "nonsense"),
        "--levels" => Of("2.5@2026-03-09T13:00", "nonsense"),
        "--blocked" => Of("2026-03-09T12:00..2026-03-09T20:00", "nonsense"),
        "--within" => Of("13:00..17:00", "nonsense"),
        "--timer" => Of("12:00..15:00", "nonsense"),
        "--night-hours" => Of("01:00..08:00", "nonsense"),
        "--duration" => Of("3h", "nonsense"),
        "--profile-step" => Of("1h", "nonsense"),
        "--next" => Of("7h", "nonsense"),
        "--min-run" | "--min-pause" => Of("1h30m", "nonsense"),
        "--running-for" => Of("1h", "nonsense"),
        "--precondition" => Of("1h", "nonsense"),
        "--slot" => Of("15m", "nonsense"),
        "--snap" => Of("5s", "nonsense"),
        // Numbers.
        "--register-digits" => Of("5", "nonsense"),
        "--connection-kw" => Of("1", "nonsense"),
        "--calorific-value" => Of("39.2", "nonsense"),
        "--calorific-value-places" => Of("1", "nonsense"),
        "--gas-kwh-places" => Of("1", "nonsense"),
        "--wholesale" => Of("8.531", "nonsense"),
        "--profile" => Of("1,2", "nonsense"),
        "--price-cap" => Of("9", "nonsense"),
        "--price-floor" => Of("9", "nonsense"),
        "--worth" => Of("15", "nonsense"),
        "--max-starts" => Of("1", "nonsense"),
        "--unless-better-by" => Of("500", "nonsense"),
        "--top" => Of("6", "nonsense"),
        "--capacity-kwh" => Of("30", "nonsense"),
        "--target" => Of("70%", "nonsense"),
        "--taper" => Of("50%:1.5", "nonsense"),
        "--min-kw" => Of("2.8", "nonsense"),
        "--efficiency" => Of("0.9", "nonsense"),
        "--always" | "--up-to" => Of(if flag == "--always" { "2" } else { "9" }, "nonsense"),
        "--surplus-worth" => Of("3", "nonsense"),
        "--carbon-price" => Of("60", "nonsense"),
        "--import-limit-kw" | "--export-limit-kw" => Of("1", "nonsense"),
        "--kwh" => Of("4", "nonsense"),
        "--kw" => Of("2", "nonsense"),
        "--charge-efficiency" | "--discharge-efficiency" => Of("0.8", "nonsense"),
        "--wear" | "--end-value" => Of("2", "nonsense"),
        "--peak-price" => Of("40", "nonsense"),
        "--peak-so-far-kw" => Of("0.2", "nonsense"),
        "--standing-loss-kw" | "--standby-kw" => Of("0.1", "nonsense"),
        "--start-kwh" => Of("2", "nonsense"),
        "--reserve-kwh" | "--end-kwh" => Of("1", "nonsense"),
        "--cheapest-slots" => Of("3", "nonsense"),
        "--capital" => Of("100", "nonsense"),
        "--sweep-capacity-kwh" => Of("3,4", "nonsense"),
        "--sweep-kw" => Of("1,2", "nonsense"),
        "--slot-minutes" => Of("60", "nonsense"),
        "--memory" => Of("512", "nonsense"),
        "--threads" => Of("1", "nonsense"),
        "--every" => Of("2ms", "nonsense"),
        "--times" => Of("2", "nonsense"),
        "--meters" | "--years" | "--seed" => Of("2", "nonsense"),
        "--recheck" => Of("1", "nonsense"),
        "--meter-point" => Of("2000024512368", "../nonsense"),
        "--serial-number" => Of("Z16N389556", "../nonsense"),
        // Choices.
        "--between-readings" => Of("by-time", "nonsense"),
        "--rate-in-slot" => Of("mean", "nonsense"),
        "--missing" => Of("previous-week", "nonsense"),
        "--customer" => Of("business", "nonsense"),
        "--currency" => Of("EUR", "nonsense"),
        "--tax" => Of("21%", "nonsense"),
        "--spot" => Of("data/rates.csv", "nonsense"),
        "--rate-vat" => Of("exc", "nonsense"),
        "--rate-unit" => Of("pounds", "nonsense"),
        "--round" => Of("half-even", "nonsense"),
        "--reading-unit" => Of("wh", "nonsense"),
        // The layout of files.
        "--layout" => Of("esb-hdf", "nonsense"),
        "--column" => Of("kwh=usage", "nonsense"),
        "--label" => Of("end", "nonsense"),
        "--clock" => Of("UTC", "nonsense"),
        "--date-order" => Of("month-first", "nonsense"),
        "--channel" => Of("import", "nonsense"),
        "--meter" => Of("1012345678901", "nonsense"),
        "--spread" => Of("even", "nonsense"),
        "--gas-unit" => Of("m3", "nonsense"),
        "--budget" => Of("1s", "nonsense"),
        "--fuel" => Of("electricity", "nonsense"),
        "--export" => Of("hledger", "nonsense"),
        "--amount" => Of("at-least", "nonsense"),
        "--late" => Of("at-once", "nonsense"),
        "--show" => Of("policy", "nonsense"),
        "--past-days" => Of("1", "nonsense"),
        "--forecast" => Of("same-weekday", "nonsense"),
        "--format" => Of("json", "nonsense"),
        "--color" => Of("always", "nonsense"),
        "--no-open"
        | "--plain"
        | "--no-fetch"
        | "--dearest"
        | "--whole-slots"
        | "--split"
        | "--frontier"
        | "--statistics"
        | "--overlapping"
        | "--latest"
        | "--fill-gaps"
        | "--no-curtailment"
        | "--no-grid-charging"
        | "--no-battery-export"
        | "--explain"
        | "--all-rates-known"
        | "--resume"
        | "--assume-utc"
        | "--gas"
        | "--allow-http"
        | "--business" => Alone,
        _ => return None,
    })
}

/// Where a flag may change nothing, and why. A command of `*` is any; a companion of `` is none, of `*`
/// is any or none.
pub(crate) const WITHOUT_EFFECT: &[(&str, &str, &str, &str)] = &[
    ("convert", "--time-zone", "", "the times of the API's own layout say their zone"),
    ("*", "--plain", "*", "what is shown may be plain already"),
    ("*", "--every", "*", "how long a page stands that is shown once"),
    ("*", "--color", "", "it is about what is painted, and there may be nothing to paint"),
    ("*", "--payment-method", "", "prices that name no method are for every known one"),
    ("*", "--snap", "", "a tolerance, and every time here is on the minute"),
    ("*", "--round", "", "what is done with too many digits, and no number here has them"),
    (
        "*",
        "--between-readings",
        "",
        "what is done where something changes between readings, and nothing does",
    ),
    ("*", "--rate-in-slot", "", "what is done where a rate changes inside a slot, and none does"),
    ("*", "--missing", "*", "what is done where a reading is missing; the other flag may take the gap away"),
    ("*", "--fill-gaps", "", "what is done where a value is missing, and none is"),
    ("*", "--assume-utc", "", "what is done with times that have no zone, and all have one"),
    ("schema", "--format", "*", "a schema is JSON whatever is asked for"),
    ("completions", "--format", "*", "a script of a shell has that shell's form"),
    ("init", "--format", "*", "what it makes is a file"),
    ("now", "--rate-vat", "", "prices are shown as they are"),
    ("inspect", "--time-zone", "--format", "times in JSON are UTC, and the file says its own"),
    (
        "*",
        "--customer",
        "*",
        "it decides a tax; a tax that is said, or a clock abroad, leaves it nothing to decide",
    ),
    ("batch", "--tax", "--slot-minutes", "meters of other slots are not billed, so nothing is taxed"),
    ("battery", "--budget", "*", "the best plan is proven within any of the budgets here"),
    ("battery", "--circuits", "*", "the limits are wider than the plan of another price comes to"),
    ("battery", "--import-limit-kw", "*", "a circuit or a price on the peak keeps the import lower"),
    ("battery", "--slot", "*", "a plan behind a circuit or a peak may be the same by slots of any length"),
    ("battery", "--solar", "*", "a sun that the plan has no room for"),
    ("battery", "--no-grid-charging", "*", "a price on the peak leaves no charging from the grid"),
    ("battery", "--rate-unit", "--show", "a policy is the same for prices in proportion"),
    (
        "*",
        "--currency",
        "*",
        "the clock's country says the same currency, or a tax that is said changes all else",
    ),
    (
        "reconcile",
        "--dispatches",
        "--currency",
        "no line of the statement meets an amount in another currency",
    ),
    (
        "reconcile",
        "--reading-unit",
        "--currency",
        "no line of the statement meets an amount in another currency",
    ),
    ("batch", "--resume", "", "what is done after a run was killed, and none was"),
    ("batch", "--memory", "", "a bound that the meters here do not come near"),
    ("batch", "--threads", "", "the bills are the same, whoever makes them"),
    ("fetch account", "--store", "", "what is kept is in the store, which is not looked into here"),
    ("fetch rates", "--time-zone", "", "as many half-hours an hour earlier"),
    ("fetch consumption", "--time-zone", "", "as many half-hours an hour earlier"),
    (
        "fetch consumption",
        "--recheck",
        "",
        "how far back readings that are there are asked for again, and none are there",
    ),
    (
        "cheapest",
        "--rate-vat",
        "",
        "a plan compares prices as they are; the basis of its file adds nothing to them",
    ),
    (
        "charge",
        "--rate-vat",
        "",
        "a plan compares prices as they are; the basis of its file adds nothing to them",
    ),
    (
        "battery",
        "--rate-vat",
        "",
        "a plan compares prices as they are; the basis of its file adds nothing to them",
    ),
    (
        "backtest",
        "--rate-vat",
        "",
        "a plan compares prices as they are; the basis of its file adds nothing to them",
    ),
    (
        "charge",
        "--late",
        "",
        "what is done where the deadline has passed or is not priced, and neither is so",
    ),
    ("charge", "--running-for", "*", "it counts where starts or runs are limited"),
    ("cheapest", "--running-for", "*", "it counts where starts or runs are limited"),
    ("*", "--connection-kw", "--reading-unit", "nothing is as much when it counts Wh"),
    ("backtest", "--no-curtailment", "--reading-unit", "no sun is left over when it counts Wh"),
    ("bill", "--rules", "--export", "an export names no rules, and the sums are the same to the penny"),
    ("bill", "--time-zone", "--export", "the days of the registers are given with their time"),
    ("batch", "--by", "--slot-minutes", "no meter is billed: their slots are half-hours"),
    ("batch", "--customer", "--slot-minutes", "no meter is billed: their slots are half-hours"),
    ("batch", "--rules", "--slot-minutes", "no meter is billed: their slots are half-hours"),
    ("fetch products", "--available-at", "--business", "the service has no such product at any time"),
    ("fetch products", "--time-zone", "--available-at", "the same products an hour earlier"),
    // What binds alone may have nothing left to bind beside another limit, and a choice nothing left to choose.
    ("cheapest", "--latest", "*", "which of equally good ones, and there may be one"),
    ("cheapest", "--whole-slots", "", "the best one is of whole slots"),
    ("cheapest", "--min-pause", "*", "the pauses may be long enough"),
    ("cheapest", "--blocked", "*", "the best time may lie outside"),
    ("cheapest", "--added", "*", "the same time may be the best with it"),
    ("cheapest", "--price-floor", "*", "no slot that is left may be below it"),
    ("cheapest", "--top", "*", "no other time may be left"),
    (
        "cheapest",
        "--unless-better-by",
        "--previous",
        "the plan in force may be as good as the best, or cannot be held",
    ),
    (
        "charge",
        "--unless-better-by",
        "--previous",
        "the plan in force may be as good as the best, or cannot be held",
    ),
    ("charge", "--latest", "*", "which of equally good ones, and there may be one"),
    ("charge", "--min-kw", "*", "the plan may draw more than that all the time"),
    ("charge", "--up-to", "*", "there may be no time in which more costs less"),
    ("charge", "--levels", "*", "the level may be reached by then"),
    ("charge", "--always", "*", "the level may be reached at once"),
    ("charge", "--max-starts", "--min-run", "the longer runs are as few"),
    ("charge", "--min-run", "--max-starts", "the few runs are as long"),
    ("charge", "--min-pause", "*", "the pauses may be long enough"),
    ("charge", "--price-cap", "--surplus", "the surplus is drawn, which has no rate"),
    ("charge", "--surplus", "--blocked", "the sun does not shine outside"),
    ("charge", "--slot", "--format", "the blocks are the same, cut or not"),
    ("battery", "--export-limit-kw", "*", "there may be nothing to export"),
    ("battery", "--no-battery-export", "*", "there may be nothing to export"),
    ("battery", "--no-curtailment", "*", "there may be nothing to curtail"),
    ("battery", "--import-limit-kw", "--no-grid-charging", "the load alone is below it"),
    ("battery", "--export-rates", "--no-battery-export", "there is nothing else to export"),
    ("battery", "--solar", "--show", "the policy for what the sun leaves may be the same"),
    ("battery", "--start-kwh", "--show", "the policy is for every level"),
    ("battery", "--end-kwh", "--reserve-kwh", "both are the same level"),
    ("battery", "--end-value", "*", "no price may be below it"),
    ("battery", "--charge-efficiency", "--max-starts", "one start may not be worth it"),
    ("battery", "--discharge-efficiency", "--max-starts", "one start may not be worth it"),
    ("battery", "--min-kw", "--max-starts", "one start may not be worth it"),
    ("battery", "--no-grid-charging", "--max-starts", "one start may not be worth it"),
    ("battery", "--standing-loss-kw", "--max-starts", "one start may not be worth it"),
    ("battery", "--wear", "--max-starts", "one start may not be worth it"),
    ("backtest", "--forecast", "*", "two days have no week before them"),
    ("backtest", "--past-days", "*", "two days have one day before them at most"),
    ("backtest", "--export-limit-kw", "*", "there may be nothing to export"),
    ("backtest", "--no-battery-export", "*", "there may be nothing to export"),
    ("backtest", "--no-curtailment", "*", "there may be nothing to curtail"),
    ("backtest", "--export-rates", "*", "there may be nothing to export"),
    ("backtest", "--timer", "--no-grid-charging", "a battery that the sun alone fills heeds no timer"),
    ("backtest", "--charge-efficiency", "--no-grid-charging", "a battery without sun is never filled"),
    ("backtest", "--discharge-efficiency", "--no-grid-charging", "a battery without sun is never filled"),
    ("backtest", "--min-kw", "--no-grid-charging", "a battery without sun is never filled"),
    ("backtest", "--standing-loss-kw", "--no-grid-charging", "a battery without sun is never filled"),
    ("backtest", "--wear", "--no-grid-charging", "a battery without sun is never filled"),
];
