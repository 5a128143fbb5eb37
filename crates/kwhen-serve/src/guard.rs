//! Who may ask: by the name under which this machine is asked, by a token, and by the page that a browser asks from.

use crate::problem::Problem;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq as _;

/// What has to be shown by whoever asks.
#[derive(Clone)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// A shorter one is guessed.
const SHORTEST: usize = 16;

impl Token {
    /// From the text of a file.
    ///
    /// # Errors
    /// It is shorter than 16 characters, or holds what no header holds.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() < SHORTEST {
            return Err(format!(
                "a token has {SHORTEST} characters at least: openssl rand -hex 32 makes one"
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a token holds letters, digits and signs of ASCII alone".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    fn is(&self, said: &str) -> bool {
        self.0.as_bytes().ct_eq(said.as_bytes()).into()
    }
}

/// Who may ask.
#[derive(Clone, Debug)]
pub struct Guard {
    token: Option<Token>,
    /// Names of this machine beside `localhost` and addresses.
    names: Vec<String>,
}

impl Guard {
    /// Of an address: without a token only this machine itself may ask.
    ///
    /// # Errors
    /// Others can reach the address, and there is no token.
    pub fn new(address: SocketAddr, token: Option<Token>, names: Vec<String>) -> Result<Self, String> {
        if token.is_none() && !address.ip().is_loopback() {
            return Err(format!(
                "--listen {address}: others can reach it, so a token is needed: --token-file FILE (openssl rand -hex 32 makes one)"
            ));
        }
        Ok(Self { token, names: names.into_iter().map(|name| name.to_ascii_lowercase()).collect() })
    }

    /// Lets a request through, or says why not.
    pub(crate) fn admit(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        let host = self.host(uri, headers)?;
        if !self.is_shown(headers) {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "a token is needed: `Authorization: Bearer TOKEN`, or as the password of Basic",
            ));
        }
        if method != Method::GET && method != Method::HEAD {
            own_page(&host, headers)?;
        }
        Ok(())
    }

    /// The name under which this machine is asked. A name that somebody else's page was given for this address is none of its own.
    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Result<String, Problem> {
        let mut said = headers.get_all(header::HOST).iter();
        let host = match (uri.authority(), said.next(), said.next()) {
            (_, _, Some(_)) => None,
            (Some(authority), ..) => Some(authority.as_str()),
            (None, Some(host), None) => host.to_str().ok(),
            (None, None, None) => None,
        };
        let refused = || {
            let message = "this machine is not known under the name of the Host header; --host NAME says under which it is";
            Problem::new(StatusCode::MISDIRECTED_REQUEST, message)
        };
        let host = host.ok_or_else(refused)?.to_ascii_lowercase();
        let name = without_port(&host);
        let is_address = name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        if is_address || name == "localhost" || self.names.iter().any(|known| known == name) {
            Ok(host)
        } else {
            Err(refused())
        }
    }

    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let Some(said) = headers.get(header::AUTHORIZATION).and_then(|said| said.to_str().ok()) else {
            return false;
        };
        match said.split_once(' ') {
            Some((way, said)) if way.eq_ignore_ascii_case("bearer") => token.is(said.trim()),
            Some((way, said)) if way.eq_ignore_ascii_case("basic") => {
                let decoded =
                    STANDARD.decode(said.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.is_some_and(|pair| pair.split_once(':').is_some_and(|(_, said)| token.is(said)))
            }
            _ => false,
        }
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// What changes or computes something comes from our own page, or from no page at all.
fn own_page(host: &str, headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || {
        let message = "refused: it comes from a page of another site";
        Err(Problem::new(StatusCode::FORBIDDEN, message))
    };
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    if site.is_some_and(|site| site != b"same-origin" && site != b"none") {
        return refused();
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if own != Some(host) {
            return refused();
        }
    }
    Ok(())
}

/// What a page of another site cannot send without asking first.
pub(crate) fn as_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let message = "send JSON, with `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn status(guard: &Guard, method: &Method, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            map.append(name, value.parse().unwrap());
        }
        guard.admit(method, &"/".parse().unwrap(), &map).map_or_else(|problem| problem.status, |()| 200)
    }

    fn open() -> Guard {
        Guard::new("127.0.0.1:1".parse().unwrap(), None, vec!["Home.Lan".to_owned()]).unwrap()
    }

    #[test]
    fn only_own_names_are_answered() {
        let get = |host: &str| status(&open(), &Method::GET, &[("host", host)]);
        for host in
            ["localhost", "LOCALHOST:8480", "127.0.0.1:8480", "[::1]:8480", "192.168.1.4", "home.lan:8480"]
        {
            assert_eq!(get(host), 200, "{host}");
        }
        for host in
            ["example.org", "localhost.example.org", "127.0.0.1.example.org", "home.lan.example.org:1", ""]
        {
            assert_eq!(get(host), 421, "{host}");
        }
        assert_eq!(status(&open(), &Method::GET, &[]), 421);
        assert_eq!(status(&open(), &Method::GET, &[("host", "localhost"), ("host", "example.org")]), 421);
    }

    #[test]
    fn a_token_is_asked_for_where_others_reach_it() {
        let address: SocketAddr = "0.0.0.0:1".parse().unwrap();
        assert!(Guard::new(address, None, Vec::new()).unwrap_err().contains("--token-file"));
        assert!(Token::parse("short").is_err() && Token::parse("0123456789abcde\u{e9}").is_err());
        let guard = Guard::new(address, Some(Token::parse(TOKEN).unwrap()), Vec::new()).unwrap();
        let get =
            |said: &str| status(&guard, &Method::GET, &[("host", "localhost"), ("authorization", said)]);
        assert_eq!(get(&format!("Bearer {TOKEN}")), 200);
        assert_eq!(get(&format!("Basic {}", STANDARD.encode(format!("me:{TOKEN}")))), 200);
        for said in ["Bearer 0123456789abcdeg", "Bearer", "Basic !!", "Bearer 0123456789abcdef0", TOKEN] {
            assert_eq!(get(said), 401, "{said}");
        }
        assert_eq!(status(&guard, &Method::GET, &[("host", "localhost")]), 401);
        assert!(!format!("{guard:?}").contains(TOKEN));
    }

    #[test]
    fn pages_of_others_cannot_command() {
        let post = |more: &[(&str, &str)]| {
            let mut headers = vec![("host", "localhost:8480")];
            headers.extend_from_slice(more);
            status(&open(), &Method::POST, &headers)
        };
        assert_eq!(post(&[]), 200);
        assert_eq!(post(&[("origin", "http://localhost:8480"), ("sec-fetch-site", "same-origin")]), 200);
        for more in [
            ("origin", "http://example.org"),
            ("origin", "http://localhost:9999"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(post(&[more]), 403, "{more:?}");
        }
        let kind =
            |kind: &str| as_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]));
        assert!(kind("application/json").is_ok() && kind("Application/JSON; charset=utf-8").is_ok());
        for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            assert_eq!(kind(other).unwrap_err().status, 415, "{other}");
        }
        assert_eq!(as_json(&HeaderMap::new()).unwrap_err().status, 415);
    }
}
