//! Connections that break, bodies that are not what they say, pages and redirects that lead astray.

use crate::harness::{Case, Expect, FIVE, Job, case, fails, impatient, ok, small};
use kwhen_fake_api::{Answer, Fault, Piece};

pub(crate) fn cases(elsewhere: &str) -> Vec<Case> {
    use Job::*;
    let page = |next: &str| Fault::Replace("\"next\":null".into(), format!("\"next\":{next}"));
    let looping = page("\"?period_from=2026-03-01T00:00:00Z&period_to=2026-03-02T00:00:00Z&page=1\"");
    let none = Vec::<Fault>::new;
    vec![
        case("nothing wrong", Day, none(), Expect::Rows(48), 1),
        case("two pages", TwoPages, none(), Expect::Rows(2160), 2),
        case("reset before the answer", Day, [Fault::Reset], Expect::Rows(48), 2).waiting(0, 500),
        case("reset every time", Day, vec![Fault::Reset; 9], fails!(is_interrupted), 5)
            .waiting(FIVE.0, FIVE.1),
        case("reset inside the body", Day, [Fault::Truncate(500)], Expect::Rows(48), 2).waiting(0, 500),
        case("truncated at the last byte", Day, [Fault::Truncate(999)], Expect::Rows(48), 2).waiting(0, 500),
        case("reset between pages", TwoPages, [Fault::None, Fault::Reset], Expect::Rows(2160), 3)
            .waiting(0, 500),
        case("reset of what must not be sent twice", Quote, [Fault::Reset], fails!(is_interrupted), 1),
        case("not HTTP", Day, vec![Fault::not_http(); 9], fails!(is_interrupted), 5).waiting(FIVE.0, FIVE.1),
        case("bad chunking", Day, [Fault::bad_chunking()], Expect::Rows(48), 2).waiting(0, 500),
        case("stall", Day, [Fault::stall(700)], Expect::Rows(48), 2).waiting(0, 500).with(impatient),
        case("stall of what must not be sent twice", Quote, [Fault::stall(700)], fails!(is_timed_out), 1)
            .with(impatient),
        case(
            "stall inside the body",
            Day,
            [Fault::Pieces(vec![
                Piece::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_vec()),
                Piece::Pause(700),
            ])],
            Expect::Rows(48),
            2,
        )
        .waiting(0, 500)
        .with(impatient),
        case("slow drip", Day, [Fault::Drip(100, 20)], Expect::Rows(48), 2).waiting(0, 500).with(impatient),
        case("small pieces", Day, [Fault::Drip(2000, 1)], Expect::Rows(48), 1),
        case("compressed", Day, [Fault::Gzip], Expect::Rows(48), 1),
        case("gzip bomb", Day, [Fault::gzip_bomb(8)], fails!(is_too_large), 1).with(small),
        case("oversized", Day, [Fault::oversized(3)], fails!(is_too_large), 1).with(small),
        case(
            "gzip of nonsense",
            Day,
            vec![Fault::answer(&Answer::json(200, "{}").with("Content-Encoding", "gzip")); 9],
            fails!(is_interrupted),
            5,
        )
        .waiting(FIVE.0, FIVE.1),
        case("empty body", Day, [ok("")], fails!(is_malformed), 1),
        case(
            "HTML instead of JSON",
            Day,
            [Fault::answer(&Answer::html(200, "<html>Sorry</html>"))],
            fails!(is_malformed),
            1,
        ),
        case(
            "JSON under a wrong content type",
            Day,
            [Fault::answer(&Answer::html(200, r#"{"count":0,"next":null,"results":[]}"#))],
            Expect::Rows(0),
            1,
        ),
        case(
            "invalid UTF-8",
            Day,
            [Fault::answer(&Answer::json(200, b"{\"results\":[\"\xff\"]}".to_vec()))],
            fails!(is_malformed),
            1,
        ),
        case("broken JSON", Day, [ok(r#"{"count":1,"results":[{]}"#)], fails!(is_malformed), 1),
        case("results gone", Day, [ok(r#"{"count":1,"items":[]}"#)], fails!(is_malformed), 1),
        case(
            "a field of another type",
            Day,
            [Fault::Replace("\"valid_from\":\"".into(), "\"valid_from\":7,\"x\":\"".into())],
            fails!(is_malformed),
            1,
        ),
        case(
            "a number that is none",
            Day,
            [ok(r#"{"count":1,"next":null,"results":[{"value_exc_vat":"cheap"}]}"#)],
            fails!(is_malformed),
            1,
        ),
        case(
            "new fields",
            Day,
            [Fault::Replace(
                "\"payment_method\"".into(),
                "\"carbon\":{\"g\":1.50},\"payment_method\"".into(),
            )],
            Expect::Rows(48),
            1,
        ),
        case(
            "null price",
            Day,
            [ok(
                r#"{"count":1,"next":null,"results":[{"value_exc_vat":null,"value_inc_vat":null,"valid_from":null}]}"#,
            )],
            Expect::Rows(1),
            1,
        ),
        case(
            "fewer rows than announced",
            Day,
            [Fault::Replace("\"count\":48".into(), "\"count\":49".into())],
            fails!(is_incomplete),
            1,
        ),
        case(
            "the same row twice",
            Day,
            [ok(
                r#"{"count":1,"next":null,"results":[{"value_inc_vat":1,"valid_from":"2026-03-01T00:00:00Z"},{"value_inc_vat":1,"valid_from":"2026-03-01T00:00:00Z"}]}"#,
            )],
            Expect::Rows(1),
            1,
        ),
        case(
            "a page that overlaps the one before",
            TwoPages,
            [Fault::Replace("page=2\"".into(), "page=1\"".into())],
            Expect::Rows(2160),
            3,
        ),
        case("page loop", Day, [looping.clone(), looping], fails!(is_page_loop), 2),
        case(
            "pages without end",
            Day,
            (2..9).map(|n| page(&format!("\"?page=1&n={n}\""))).collect::<Vec<_>>(),
            fails!(is_too_large),
            4,
        )
        .with(|settings| settings.limits.pages = 4),
        case(
            "next leads to another host",
            Day,
            [page("\"https://elsewhere.example/v1/?page=2\"")],
            fails!(is_unsafe),
            1,
        ),
        case(
            "next leads to another port",
            Day,
            [page(&format!("\"{elsewhere}/v1/products/\""))],
            fails!(is_unsafe),
            1,
        ),
        case(
            "redirect",
            Day,
            [Fault::redirect(302, "?period_from=2026-03-01T00:00:00Z&period_to=2026-03-01T12:00:00Z")],
            Expect::Rows(24),
            2,
        ),
        case(
            "redirect to another host",
            Day,
            [Fault::redirect(301, "https://elsewhere.example/")],
            fails!(is_unsafe),
            1,
        ),
        case(
            "redirect with the key to another port",
            Readings,
            [Fault::redirect(307, elsewhere)],
            fails!(is_unsafe),
            1,
        ),
        case("redirect loop", Day, vec![Fault::redirect(302, "?again"); 9], fails!(is_page_loop), 4),
        case(
            "redirect without a place",
            Day,
            [Fault::answer(&Answer::html(302, ""))],
            fails!(is_malformed),
            1,
        ),
        case(
            "redirect of what must not be sent twice",
            Quote,
            [Fault::redirect(307, "/v1/quotes/")],
            fails!(is_unexpected_status),
            1,
        ),
    ]
}
