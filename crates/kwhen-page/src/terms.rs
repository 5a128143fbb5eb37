//! What stands between a home and an offer.

use super::style::{Palette, WARNING};
use super::when::Clock;
use kwhen::choice::Choice;
use kwhen::tariff::Need;

/// What stands between the home and an offer.
pub(crate) fn terms(choice: &Choice, clock: Clock, palette: Palette) -> String {
    let mut text = String::new();
    let words = |needs: &[Need]| needs.iter().map(|need| need.words()).collect::<Vec<_>>().join(" and ");
    for offer in &choice.offers {
        let Some(terms) = &offer.terms else { continue };
        let mut said = Vec::new();
        if terms.withdrawn {
            said.push(match terms.sold_until {
                Some(until) => format!("not sold any more since {}", clock.date(until)),
                None => "not sold yet".to_owned(),
            });
        }
        if !terms.lacks.is_empty() {
            said.push(format!("it needs {}", words(&terms.lacks)));
        }
        if terms.is_refused {
            said.push("the supplier does not offer it to this meter point".to_owned());
        }
        if !offer.can_be_had {
            let line = format!("{} cannot be had: {}.", offer.name(), said.join("; "));
            text.push_str(&format!("{}\n", palette.paint(WARNING, &line)));
        }
        if !terms.unsure.is_empty() {
            text.push_str(&format!(
                "{} needs {}; --has says what the home has.\n",
                offer.name(),
                words(&terms.unsure)
            ));
        }
        if let Some(day) = terms.prices_of {
            text.push_str(&format!("{}: the prices of {day}, all the time.\n", offer.name()));
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}
