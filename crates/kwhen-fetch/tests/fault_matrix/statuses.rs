//! Statuses, waits, deadlines and keys.

use crate::harness::{Case, Expect, FIVE, Job, case, fails};
use kwhen_fake_api::{Answer, Fault};
use std::time::Duration;

pub(crate) fn cases() -> Vec<Case> {
    use Job::*;
    let none = Vec::<Fault>::new;
    vec![
        case(
            "304 to a question without conditions",
            Day,
            [Fault::status(304)],
            fails!(is_unexpected_status),
            1,
        ),
        case("400", EconomySeven, none(), fails!(is_rejected), 1),
        case("401", Readings, none(), fails!(is_unauthorised), 1).key("sk_test_wrong"),
        case("403 as JSON", Readings, [Fault::status(403)], fails!(is_forbidden), 1),
        case(
            "403 as a web page",
            Day,
            [Fault::answer(&Answer::html(403, "<html>Attention Required</html>"))],
            fails!(is_blocked),
            1,
        ),
        case("404", Day, [Fault::status(404)], fails!(is_not_found), 1),
        case("408", Day, [Fault::status(408)], Expect::Rows(48), 2).waiting(0, 500),
        case("418", Day, [Fault::status(418)], fails!(is_unexpected_status), 1),
        case("429 without a word", Day, [Fault::status(429)], Expect::Rows(48), 2).waiting(0, 500),
        case("429 with seconds", Day, [Fault::retry_after(429, "7")], Expect::Rows(48), 2)
            .waiting(7000, 7000),
        case(
            "429 with a date",
            Day,
            [Fault::retry_after(429, "Mon, 02 Mar 2026 17:00:42 GMT")],
            Expect::Rows(48),
            2,
        )
        .waiting(42_000, 42_000),
        case(
            "429 with a date that is past",
            Day,
            [Fault::retry_after(429, "Mon, 02 Mar 2026 16:00:00 GMT")],
            Expect::Rows(48),
            2,
        )
        .waiting(0, 500),
        case("429 with nonsense", Day, [Fault::retry_after(429, "later")], Expect::Rows(48), 2)
            .waiting(0, 500),
        case("429 for too long", Day, [Fault::retry_after(429, "86400")], fails!(is_rate_limited), 1),
        case("429 every time", Day, vec![Fault::retry_after(429, "3"); 9], fails!(is_rate_limited), 5)
            .waiting(12_000, 16_000),
        case(
            "429 of what must not be sent twice",
            Quote,
            [Fault::retry_after(429, "1")],
            fails!(is_rate_limited),
            1,
        ),
        case("500", Day, [Fault::status(500)], Expect::Rows(48), 2).waiting(0, 500),
        case(
            "502 as a web page, twice",
            Day,
            vec![Fault::answer(&Answer::html(502, "<html>Bad Gateway</html>")); 2],
            Expect::Rows(48),
            3,
        )
        .waiting(0, 1500),
        case("503 with Retry-After", Day, [Fault::retry_after(503, "5")], Expect::Rows(48), 2)
            .waiting(5000, 5000),
        case("504 every time", Day, vec![Fault::status(504); 9], fails!(is_server), 5)
            .waiting(FIVE.0, FIVE.1),
        case("501", Day, [Fault::status(501)], fails!(is_server), 1),
        case("500 of what must not be sent twice", Quote, [Fault::status(500)], fails!(is_server), 1),
        case("500 on the second page", TwoPages, [Fault::None, Fault::status(500)], Expect::Rows(2160), 3)
            .waiting(0, 500),
        case("deadline", Day, vec![Fault::retry_after(503, "60"); 9], fails!(is_deadline), 2)
            .waiting(60_000, 60_000)
            .with(|settings| settings.retry.deadline = Duration::from_secs(100)),
        case("rate of our own", TwoPages, none(), Expect::Rows(2160), 2).waiting(9000, 9000).with(
            |settings| settings.rate = kwhen_fetch::protocol::TokenBucket::new(1, Duration::from_secs(9)),
        ),
        case("no key for private data", Readings, none(), fails!(is_unauthorised), 0)
            .with(|settings| settings.credentials = None),
    ]
}
