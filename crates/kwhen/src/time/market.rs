//! Day-ahead markets as data: which clock their days go by, when a day begins on it, and when its prices are published.

/// A day-ahead market, by minutes of its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Market {
    /// The zone of its clock.
    pub(super) clock: &'static str,
    /// When its day begins.
    pub(super) day_starts: u32,
    /// When the prices of the next day are published.
    pub(super) published: u32,
}

/// A market and the clocks of those who buy there. Sources: docs/billing-rules.md, "Days of the market".
const MARKETS: [(Market, &[&str]); 4] = [
    // The CET day, told by the clock of London; the prices of suppliers come at four.
    (Market { clock: "Europe/London", day_starts: 23 * 60, published: 16 * 60 }, &["Europe/London", "GB"]),
    (
        Market { clock: "Europe/Brussels", day_starts: 0, published: 13 * 60 },
        &[
            "Europe/Amsterdam",
            "Europe/Athens",
            "Europe/Berlin",
            "Europe/Bratislava",
            "Europe/Brussels",
            "Europe/Bucharest",
            "Europe/Budapest",
            "Europe/Busingen",
            "Europe/Copenhagen",
            "Europe/Dublin",
            "Europe/Helsinki",
            "Europe/Lisbon",
            "Europe/Ljubljana",
            "Europe/Luxembourg",
            "Europe/Madrid",
            "Europe/Mariehamn",
            "Europe/Oslo",
            "Europe/Paris",
            "Europe/Prague",
            "Europe/Riga",
            "Europe/Rome",
            "Europe/Sofia",
            "Europe/Stockholm",
            "Europe/Tallinn",
            "Europe/Vienna",
            "Europe/Vilnius",
            "Europe/Warsaw",
            "Europe/Zagreb",
            "Europe/Zurich",
        ],
    ),
    (Market { clock: "Asia/Tokyo", day_starts: 0, published: 10 * 60 + 15 }, &["Asia/Tokyo", "Japan"]),
    (
        Market { clock: "Australia/Brisbane", day_starts: 4 * 60, published: 12 * 60 + 30 },
        &[
            "Australia/Adelaide",
            "Australia/Brisbane",
            "Australia/Hobart",
            "Australia/Melbourne",
            "Australia/Sydney",
        ],
    ),
];

/// The market of those who go by a clock; where none is known, local days with prices at 13:00.
pub(super) fn of_clock(zone: &'static str) -> Market {
    let known = MARKETS.iter().find(|(_, clocks)| clocks.contains(&zone));
    known.map_or(Market { clock: zone, day_starts: 0, published: 13 * 60 }, |(market, _)| *market)
}
