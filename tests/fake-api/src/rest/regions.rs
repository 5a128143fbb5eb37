//! Regions: of postcodes and of meter points.

use crate::Answer;
use serde_json::json;

/// All of them.
pub(super) const LETTERS: &str = "ABCDEFGHJKLMNP";

/// Postcode areas by the region in which most of them lies. Areas on a border have several.
const AREAS: &[(&str, &str)] = &[
    ("A", "AL CB CM CO EN HA HP IG IP LU NR PE RM SG SS WD"),
    ("B", "CV DE LE LN MK NG NN"),
    ("C", "E EC N NW SE SW W WC"),
    ("D", "CH L LL SY WA"),
    ("E", "B DY GL HR ST TF WR WS WV"),
    ("F", "DH DL HG NE SR TS YO"),
    ("G", "BB BL CA CW FY LA M OL PR SK WN"),
    ("H", "DT GU OX PO RG SL SN SO SP UB"),
    ("HL", "BH"),
    ("J", "BN BR CR CT DA KT ME RH SM TN TW"),
    ("K", "CF LD NP SA"),
    ("L", "BA BS EX PL TA TQ TR"),
    ("M", "BD DN HD HU HX LS S WF"),
    ("N", "DG EH FK G KA KY ML PA TD"),
    ("P", "AB DD HS IV KW PH ZE"),
];

/// The regions of a postcode, whole or its first half: none, where it is no postcode of Great Britain.
pub(super) fn of_postcode(postcode: &str) -> &'static str {
    let code: String =
        postcode.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let (area, rest) = code.split_at(code.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(code.len()));
    let shape: String = rest.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    if !matches!(shape.as_str(), "9" | "99" | "9A" | "99AA" | "999AA" | "9A9AA") {
        return "";
    }
    let held = AREAS.iter().find(|(_, areas)| areas.split(' ').any(|held| held == area));
    held.map_or("", |(regions, _)| regions)
}

/// A meter point's region by its distributor, which its first two digits say.
pub(super) fn meter_point(mpan: &str) -> Answer {
    const DISTRIBUTORS: &str = "ABCDEFGPNJHKLM";
    let digits: Vec<u32> = mpan.chars().filter_map(|c| c.to_digit(10)).collect();
    let primes = [3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43];
    let sum: u32 = digits.iter().zip(primes).map(|(digit, prime)| digit * prime).sum();
    let holds = mpan.len() == 13 && digits.len() == 13 && digits.last() == Some(&(sum % 11 % 10));
    let distributor = mpan.get(..2).and_then(|start| start.parse::<usize>().ok());
    let region = distributor.and_then(|id| DISTRIBUTORS.chars().nth(id.checked_sub(10)?));
    match region.filter(|_| holds) {
        Some(letter) => {
            let found = json!({"gsp": format!("_{letter}"), "mpan": mpan, "profile_class": 1});
            Answer::json(200, found.to_string())
        }
        None => super::not_found(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_have_regions() {
        for (postcode, regions) in [
            ("W1A 1AA", "C"),
            ("w1a1aa", "C"),
            ("EH1 1AA", "N"),
            ("M1 1AE", "G"),
            ("BH24 4BP", "HL"),
            ("SW1A", "C"),
            ("B33 8TH", "E"),
            ("BT1 1AA", ""),
            ("XX1 1XX", ""),
            ("W1A 1A", ""),
            ("", ""),
        ] {
            assert_eq!(of_postcode(postcode), regions, "{postcode}");
        }
        let mut letters: Vec<char> = AREAS.iter().flat_map(|(letters, _)| letters.chars()).collect();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.into_iter().collect::<String>(), LETTERS);
    }

    #[test]
    fn meter_points_have_their_distributors_region() {
        for (mpan, region) in [("2000024512368", "_H"), ("1013004420117", "_A")] {
            let answer = meter_point(mpan);
            assert!(answer.status == 200 && String::from_utf8_lossy(&answer.body).contains(region), "{mpan}");
        }
        for bad in ["2000024512367", "9900024512368", "200002451236", "20000245123680", "x"] {
            assert_eq!(meter_point(bad).status, 404, "{bad}");
        }
    }
}
