//! What a column's name says of it.

use super::definition::{Label, Unit};
use crate::input::PriceRole;
use crate::series::VatBasis;

/// The words of a name; signs of currencies and units are words.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !(c.is_alphanumeric() || matches!(c, '£' | '€' | '$' | '/' | '³')))
        .filter(|word| !word.is_empty())
}

fn has_word(name: &str, wanted: &[&str]) -> bool {
    words(name).any(|word| wanted.contains(&word))
}

fn has(name: &str, wanted: &[&str]) -> bool {
    wanted.iter().any(|part| name.contains(part))
}

const STARTS: &[&str] = &[
    "start",
    "from",
    "begin",
    "begins",
    "beginning",
    "starting",
    "von",
    "van",
    "fra",
    "desde",
    "debut",
    "début",
    "startat",
    "validfrom",
    "startsat",
    "starttime",
    "startdt",
];
const ENDS: &[&str] = &[
    "end", "to", "ending", "ends", "until", "till", "bis", "tot", "til", "hasta", "fin", "endat", "validto",
    "endtime", "enddt",
];

/// Whether a column of times says that it holds starts or ends.
pub(super) fn label(name: &str) -> Option<Label> {
    if has_word(name, ENDS) || has(name, &["_end", "end_", "period to", "valid_to"]) {
        Some(Label::End)
    } else if has_word(name, STARTS) || has(name, &["_start", "start_", "valid_from"]) {
        Some(Label::Start)
    } else {
        None
    }
}

/// Whether a column of times is about the file, not about its rows.
pub(super) fn is_about_the_file(name: &str) -> bool {
    has(
        name,
        &["creat", "updat", "modif", "import date", "download", "publish", "issue", "received", "load date"],
    )
}

/// Whether a column of times says that it is UTC.
pub(super) fn is_utc(name: &str) -> bool {
    has_word(name, &["utc", "gmt", "zulu"]) || name.ends_with("utc")
}

/// What a column counts, if its name says it.
pub(super) fn unit(name: &str) -> Option<Unit> {
    let squeezed: String =
        name.chars().filter(|c| !c.is_whitespace() && *c != '_' && *c != '(' && *c != ')').collect();
    let squeezed = squeezed.replace("per", "/").replace("pr.", "/");
    if is_price(name) {
        let minor = has(
            &squeezed,
            &["p/kwh", "c/kwh", "ct/kwh", "cent/kwh", "cents/kwh", "pence", "øre/kwh", "ore/kwh", "öre/kwh"],
        );
        let a_day = has(&squeezed, &["/day", "/tag", "/d)", "daily"]) || has(name, &["standing"]);
        return match () {
            () if squeezed.contains("/mwh") => Some(Unit::MajorPerMwh),
            () if a_day && has(&squeezed, &["£/", "gbp/", "eur/", "€/"]) => Some(Unit::MajorPerDay),
            () if a_day => Some(Unit::MinorPerDay),
            () if minor => Some(Unit::MinorPerKwh),
            () if squeezed.contains("/kwh") && has(&squeezed, CURRENCIES) => Some(Unit::MajorPerKwh),
            () => None,
        };
    }
    let words: Vec<&str> = words(name).collect();
    let is = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    match () {
        () if has(&squeezed, &["mwh"]) => Some(Unit::Mwh),
        () if has(&squeezed, &["kwh", "kw/h"]) => Some(Unit::Kwh),
        () if is(&["wh", "watthours"]) => Some(Unit::Wh),
        () if is(&["kw", "kilowatts"]) => Some(Unit::Kw),
        () if is(&["w", "watts", "watt"]) => Some(Unit::W),
        () if is(&["m3", "m³"]) => Some(Unit::M3),
        () => None,
    }
}

const CURRENCIES: &[&str] =
    &["£", "€", "$", "gbp", "eur", "usd", "aud", "sek", "nok", "dkk", "kr", "chf", "pln", "czk"];

/// Whether a column is of prices.
pub(super) fn is_price(name: &str) -> bool {
    has(
        name,
        &[
            "price",
            "preis",
            "prijs",
            "prix",
            "precio",
            "preço",
            "/kwh",
            "per kwh",
            "per_kwh",
            "/mwh",
            "tarif",
            "value_inc_vat",
            "value_exc_vat",
            "pris",
        ],
    ) || has_word(name, &["rate", "rates", "spot", "perkwh", "epex"])
        || has(name, &["unit rate", "standing charge", "standing_charge"])
}

/// Whether a column is of amounts of money.
pub(super) fn is_cost(name: &str) -> bool {
    !has(name, &["/kwh", "per kwh", "price", "rate"])
        && has(name, &["cost", "amount", "kosten", "charge inc", "value (£)", "bill"])
}

/// Whether a column is of energy or power.
pub(super) fn is_reading(name: &str) -> bool {
    !is_price(name)
        && !is_cost(name)
        && (unit(name).is_some()
            || has(
                name,
                &[
                    "consumption",
                    "usage",
                    "verbrauch",
                    "energy",
                    "energie",
                    "energia",
                    "consumo",
                    "consommation",
                    "valeur",
                    "reading",
                    "forbrug",
                    "volume",
                    "mængde",
                    "electricity",
                    "demand",
                    "import",
                    "export",
                    "afname",
                    "injectie",
                    "load",
                    "generation",
                    "bezug",
                    "einspeisung",
                    "power",
                    "förbrukning",
                    "forbruk",
                    "usage",
                    "production",
                    "yield",
                ],
            )
            || has_word(name, &["use", "used", "value", "quantity", "qty", "kwh"]))
}

/// Whether a column numbers or marks rows.
pub(super) fn is_mark(name: &str) -> bool {
    has_word(
        name,
        &[
            "id",
            "mpan",
            "mprn",
            "mpxn",
            "serial",
            "meter",
            "flag",
            "flags",
            "quality",
            "status",
            "estado",
            "estat",
            "statut",
            "period",
            "index",
            "row",
            "nmi",
            "count",
            "hour",
            "hora",
            "temperature",
            "temp",
            "version",
            "sequence",
            "number",
            "ean",
            "cups",
            "prm",
            "register",
            "valid",
            "errors",
            "unnamed:",
        ],
    ) || has(name, &["lclid", "customer", "postcode", "_id", "carbon", "co2"])
}

/// Which way the energy of a column goes.
pub(super) fn role(name: &str) -> Option<PriceRole> {
    let export = has(
        name,
        &[
            "export",
            "injecti",
            "feed-in",
            "feed in",
            "feedin",
            "einspeis",
            "return",
            "outgoing",
            "rückspeis",
            "vertida",
            "excedente",
            "to grid",
            "surplus",
            "teruglever",
            "invoeding",
        ],
    ) || has_word(name, &["as", "gg"]) && has(name, &["kwh"]);
    let import = has(
        name,
        &["import", "afname", "bezug", "from grid", "consumption", "usage", "verbrauch", "levering"],
    );
    match (import, export) {
        (true, false) => Some(PriceRole::Import),
        (false, true) => Some(PriceRole::Export),
        _ => None,
    }
}

/// Whether VAT is in the prices of a column.
pub(super) fn vat(name: &str) -> Option<VatBasis> {
    let exclusive = has_word(name, &["exc", "excl", "ex", "exclusive", "net", "netto", "exkl", "excluding"])
        || has(name, &["exc_vat", "zonder btw", "hors taxe", "without vat"]);
    let inclusive =
        has_word(name, &["inc", "incl", "inclusive", "gross", "brutto", "inkl", "including", "ttc"])
            || has(name, &["inc_vat", "met btw", "with vat"]);
    match (exclusive, inclusive) {
        (true, false) => Some(VatBasis::Exclusive),
        (false, true) => Some(VatBasis::Inclusive),
        _ => None,
    }
}

/// Whether a file says that it is of gas.
pub(super) fn is_gas(text: &str) -> bool {
    has_word(text, &["gas", "mprn"]) || text.starts_with("gas")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_units() {
        for (name, wanted) in [
            ("consumption (kwh)", Some(Unit::Kwh)),
            ("kwh/hh (per half hour)", Some(Unit::Kwh)),
            ("elec_act_imp_hh_wh", Some(Unit::Wh)),
            ("verbrauch (kwh)", Some(Unit::Kwh)),
            ("power (kw)", Some(Unit::Kw)),
            ("consumo registado, ativa (kw)", Some(Unit::Kw)),
            ("consumption (m³)", Some(Unit::M3)),
            ("usage", None),
            ("agile import price (p/kwh)", Some(Unit::MinorPerKwh)),
            ("price (eur/mwh)", Some(Unit::MajorPerMwh)),
            ("price eur/kwh", Some(Unit::MajorPerKwh)),
            ("spotpriceeur", None),
            ("standing charge (p/day)", Some(Unit::MinorPerDay)),
        ] {
            assert_eq!(unit(name), wanted, "{name}");
        }
    }

    #[test]
    fn names_say_which_end_and_which_way() {
        assert_eq!(label("halfhour ending at"), Some(Label::End));
        assert_eq!(label("read date and end time"), Some(Label::End));
        assert_eq!(label("period from"), Some(Label::Start));
        assert_eq!(label("timestamp"), None);
        assert_eq!(label("interval_start"), Some(Label::Start));
        assert_eq!(role("agile export price (p/kwh)"), Some(PriceRole::Export));
        assert_eq!(role("consumption (kwh)"), Some(PriceRole::Import));
        assert_eq!(vat("estimated cost inc. tax (p)"), Some(VatBasis::Inclusive));
        assert_eq!(vat("price"), None);
        assert!(is_cost("estimated cost inc. tax (p)") && !is_reading("estimated cost inc. tax (p)"));
        assert!(is_price("price") && !is_reading("price"));
    }
}
