//! `kwhen-fake-api serve [--port N]`: the stand-in, started by hand.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve"] => Some(0),
        ["serve", "--port", port] => port.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("usage: kwhen-fake-api serve [--port N]");
        return ExitCode::from(2);
    };
    match kwhen_fake_api::Server::start_on(port) {
        Ok(server) => {
            println!("{}", server.url());
            println!("API key {}, account {}", kwhen_fake_api::KEY, kwhen_fake_api::ACCOUNT);
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            eprintln!("cannot listen on port {port}: {error}");
            ExitCode::FAILURE
        }
    }
}
