//! `octopust` against the stand-in whose address is given. Its client has one address, but its functions take any.

use octopust::OctopustError;
use octopust::api::{consumption, industry, products, tariffs};
use octopust::models::{
    ListElectrictyConsumptionQuery, ListGasConsumptionQuery, ListGridSupplyPointsQuery, ListUnitRatesQuery, ProductQuery,
};
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), OctopustError> {
    let url = std::env::args().nth(1).expect("the address of the stand-in") + "/v1/";
    let key = HeaderValue::from_static("Basic c2tfdGVzdF9mYWtlOg==");
    let http = Client::builder().default_headers(HeaderMap::from_iter([(AUTHORIZATION, key)])).build().expect("HTTP");

    let all = products::list_products(&http, &url, ProductQuery::default()).await?;
    assert_eq!(all.iter().map(|product| product.code.as_str()).collect::<Vec<_>>(), ["AGILE-24-10-01", "VAR-22-11-01"]);
    let business = ProductQuery { is_business: Some(&true), ..Default::default() };
    assert_eq!(products::list_products(&http, &url, business).await?.len(), 0);

    let detail = products::retrieve_product(&http, &url, "VAR-22-11-01", None).await?;
    let single = detail.single_register_electricity_tariffs.expect("tariffs");
    let tariff = single["_C"].direct_debit_monthly.as_ref().expect("by direct debit");
    assert_eq!(tariff.standard_unit_rate_exc_vat, Some(25.31));
    let links = tariff.links.as_ref().expect("links");
    assert_eq!(links.iter().map(|link| link.rel.as_str()).collect::<Vec<_>>(), ["standard_unit_rates", "standing_charges"]);
    assert!(links.iter().all(|link| link.href.starts_with(&url)));
    assert_eq!(detail.sample_quotes.expect("quotes").len(), 14);

    let of = |product_code, tariff_code| ListUnitRatesQuery {
        product_code,
        tariff_code,
        // As the documents' own example has it.
        period_from: Some("2026-02-12T00:00Z"),
        period_to: Some("2026-02-13T00:00Z"),
        page_size: Some(1500),
        ..Default::default()
    };
    let agile = of("AGILE-24-10-01", "E-1R-AGILE-24-10-01-C");
    let rates = tariffs::list_electricity_tariff_standard_unit_rates(&http, &url, agile).await?;
    assert_eq!((rates.count, rates.results.len()), (48, 48));
    let economy = || of("VAR-22-11-01", "E-2R-VAR-22-11-01-C");
    let day = tariffs::list_electricity_tariff_day_unit_rates(&http, &url, economy()).await?;
    let night = tariffs::list_electricity_tariff_night_unit_rates(&http, &url, economy()).await?;
    assert!(day.results.iter().zip(&night.results).all(|(day, night)| day.value_exc_vat > night.value_exc_vat));
    assert!(tariffs::list_electricity_tariff_standard_unit_rates(&http, &url, economy()).await.is_err());
    let gas = of("VAR-22-11-01", "G-1R-VAR-22-11-01-C");
    assert_eq!(tariffs::list_gas_tariff_standard_unit_rates(&http, &url, gas).await?.count, 2);

    let import = ListElectrictyConsumptionQuery {
        mpan: "2000024512368",
        serial_number: "Z16N389556",
        period_from: Some("2026-02-12T00:00Z"),
        period_to: Some("2026-02-14T00:00Z"),
        group_by: Some("day"),
        order_by: Some("period"),
        ..Default::default()
    };
    let days = consumption::list_electricity_consumption(&http, &url, import).await?;
    assert_eq!((days.count, days.results[0].interval_start.as_str()), (2, "2026-02-12T00:00:00Z"));
    let gas = ListGasConsumptionQuery { mprn: "9113681703", serial_number: "GA1244364577", ..Default::default() };
    assert_eq!(consumption::list_gas_consumption(&http, &url, gas).await?.results.len(), 100);
    assert_eq!(consumption::get_electricity_mpan(&http, &url, "2000024512368").await?.gsp, "_H");

    let of = |postcode| ListGridSupplyPointsQuery { postcode: Some(postcode), page: None };
    let regions = industry::list_industry_grid_supply_points(&http, &url, of("EH1 1AA")).await?;
    assert_eq!((regions.count, regions.results[0].group_id.as_str()), (1, "_N"));
    println!("octopust 0.4.0 reads the stand-in");
    Ok(())
}
