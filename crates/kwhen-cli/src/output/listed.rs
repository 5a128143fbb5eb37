//! Products and accounts as the service lists them.

use crate::end::Result;
use crate::face::Format;
use kwhen_fetch::wire::{Account, Meter, Product, WireAgreement};
use kwhen_page::csv::Csv;
use kwhen_page::json;
use kwhen_page::style::Palette;
use kwhen_page::table::{Align, Table};

fn text(text: &Option<String>) -> String {
    text.clone().unwrap_or_default()
}

/// The products on sale.
pub(crate) fn products(products: &[Product], format: Format, palette: Palette) -> Result<String> {
    match format {
        Format::Json => Ok(json(&products)?),
        Format::Csv => Ok(products_csv(products)),
        Format::Text => {
            let mut table =
                Table::new(&[("code", Align::Left), ("name", Align::Left), ("sold from", Align::Left)]);
            for Product { code, display_name, available_from, .. } in products {
                table.row([code.clone().into(), text(display_name).into(), text(available_from).into()]);
            }
            Ok(table.render(palette))
        }
    }
}

fn products_csv(products: &[Product]) -> String {
    let mut csv = Csv::new(&[
        "code",
        "direction",
        "full_name",
        "display_name",
        "is_variable",
        "is_green",
        "is_tracker",
        "is_prepay",
        "is_business",
        "is_restricted",
        "term",
        "brand",
        "available_from",
        "available_to",
    ]);
    let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string()).unwrap_or_default();
    for product in products {
        csv.row(&[
            product.code.clone(),
            text(&product.direction),
            text(&product.full_name),
            text(&product.display_name),
            flag(product.is_variable),
            flag(product.is_green),
            flag(product.is_tracker),
            flag(product.is_prepay),
            flag(product.is_business),
            flag(product.is_restricted),
            product.term.map(|term| term.to_string()).unwrap_or_default(),
            text(&product.brand),
            text(&product.available_from),
            text(&product.available_to),
        ]);
    }
    csv.into_text()
}

/// A meter point of either fuel.
struct Point<'a> {
    fuel: &'static str,
    direction: &'static str,
    number: &'a str,
    meters: &'a [Meter],
    agreements: &'a [WireAgreement],
}

fn points(account: &Account) -> Vec<Point<'_>> {
    let electricity = account.properties.iter().flat_map(|property| &property.electricity_meter_points);
    let electricity = electricity.map(|point| Point {
        fuel: "electricity",
        direction: if point.is_export == Some(true) { "export" } else { "import" },
        number: &point.mpan,
        meters: &point.meters,
        agreements: &point.agreements,
    });
    let gas = account.properties.iter().flat_map(|property| &property.gas_meter_points);
    let gas = gas.map(|point| Point {
        fuel: "gas",
        direction: "import",
        number: &point.mprn,
        meters: &point.meters,
        agreements: &point.agreements,
    });
    electricity.chain(gas).collect()
}

fn serials(meters: &[Meter]) -> Vec<String> {
    let name = |meter: &Meter| meter.serial_number.clone().unwrap_or_default();
    meters.iter().map(name).filter(|serial| !serial.is_empty()).collect()
}

/// An account: every meter point with its meters and agreements.
pub(crate) fn account(account: &Account, format: Format) -> Result<String> {
    match format {
        Format::Json => Ok(json(account)?),
        Format::Csv => Ok(account_csv(account)),
        Format::Text => {
            let mut page = format!("{}\n", account.number);
            for point in points(account) {
                let fuel = if point.fuel == "gas" {
                    "gas".to_owned()
                } else {
                    format!("{} {}", point.fuel, point.direction)
                };
                let meters = serials(point.meters);
                let meters = match meters.as_slice() {
                    [] => String::new(),
                    [meter] => format!(", meter {meter}"),
                    meters => format!(", meters {}", meters.join(", ")),
                };
                page.push_str(&format!("{fuel} {}{meters}\n", point.number));
                for agreement in point.agreements {
                    page.push_str(&format!(
                        "  {} from {} to {}\n",
                        agreement.tariff_code.as_deref().unwrap_or("no tariff code"),
                        agreement.valid_from.as_deref().unwrap_or("the start"),
                        agreement.valid_to.as_deref().unwrap_or("further notice")
                    ));
                }
            }
            Ok(page)
        }
    }
}

/// A row for each agreement, and one for each meter point that has none.
fn account_csv(account: &Account) -> String {
    let mut csv = Csv::new(&[
        "account",
        "fuel",
        "direction",
        "meter_point",
        "meters",
        "tariff_code",
        "valid_from",
        "valid_to",
    ]);
    for point in points(account) {
        let meters = serials(point.meters).join(" ");
        let mut row = |agreement: Option<&WireAgreement>| {
            let of = |field: fn(&WireAgreement) -> &Option<String>| {
                agreement.map(|one| text(field(one))).unwrap_or_default()
            };
            csv.row(&[
                account.number.clone(),
                point.fuel.to_owned(),
                point.direction.to_owned(),
                point.number.to_owned(),
                meters.clone(),
                of(|one| &one.tariff_code),
                of(|one| &one.valid_from),
                of(|one| &one.valid_to),
            ]);
        };
        if point.agreements.is_empty() {
            row(None);
        }
        point.agreements.iter().for_each(|agreement| row(Some(agreement)));
    }
    csv.into_text()
}
