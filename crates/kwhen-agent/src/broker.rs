//! The broker: a thread that listens, and a hand that speaks.

use crate::message::{Message, OFFLINE, Topics};
use crate::tls::Trust;
#[cfg(unix)]
use crate::tunnel::Tunnel;
use crate::turn::Event;
#[cfg(unix)]
use rumqttc::Transport;
use rumqttc::{
    Client, Connection, Event as Packet, LastWill, MqttOptions, NetworkOptions, Outgoing, Packet as Incoming,
    QoS,
};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

/// Where the broker is, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host's name or number.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether the line is sealed.
    pub sealed: bool,
    /// The name and the password, where it wants them.
    pub login: Option<(String, Secret)>,
}

/// A password that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The ports of brokers, without TLS and with it.
const USUAL_PORT: u16 = 1883;
const USUAL_SEALED_PORT: u16 = 8883;
/// How long nothing may be heard before the broker is held to be gone.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// The longest message, either way: a plan of a few days with its attributes is some tens of kilobytes.
const LONGEST: usize = 1 << 20;
/// How many messages wait to be sent; what is too many is published again when the broker is there.
const WAITING: usize = 4_096;
/// The waits between attempts to reach the broker.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Address {
    /// From `mqtt://host:1883`, `host`, or with TLS `mqtts://host:8883`.
    ///
    /// # Errors
    /// It is no address, or one of MQTT within another protocol, which is not spoken.
    pub fn parse(text: &str) -> Result<Self, String> {
        if ["wss://", "ws://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(format!("{text}: MQTT over WebSocket is not spoken: mqtt:// and mqtts:// are"));
        }
        let inner = ["mqtts://", "ssl://", "tls://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let sealed = inner.is_some();
        if sealed && cfg!(not(unix)) {
            return Err(format!("{text}: TLS to a broker is not spoken on this system: mqtt:// is"));
        }
        let rest = inner.or_else(|| text.strip_prefix("mqtt://")).unwrap_or(text).trim_end_matches('/');
        let refused = || format!("not the address of a broker such as mqtt://localhost:1883: {text:?}");
        if rest.contains('@') {
            return Err(format!("{}; who asks is said with --mqtt-user and --mqtt-password-file", refused()));
        }
        let (host, port) =
            host_and_port(rest, if sealed { USUAL_SEALED_PORT } else { USUAL_PORT }).ok_or_else(refused)?;
        Ok(Self { host, port, sealed, login: None })
    }

    fn options(&self, topics: &Topics, place: &str) -> MqttOptions {
        // One session a base of topics: a second agent of the same base takes its place, and is seen to.
        let id = format!("kwhen-{}", topics.base.replace('/', "-"));
        let mut options = MqttOptions::new(id, place, self.port);
        options.set_keep_alive(KEEP_ALIVE);
        options.set_max_packet_size(LONGEST, LONGEST);
        options.set_last_will(LastWill::new(topics.availability(), OFFLINE, QoS::AtLeastOnce, true));
        if let Some((user, Secret(password))) = &self.login {
            options.set_credentials(user, password);
        }
        options
    }
}

/// A host, an IPv6 one without its brackets, and its port, the usual one if none is said; `None` where it is no such thing.
pub(crate) fn host_and_port(text: &str, usual: u16) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map_or(Some(usual), |port| port.parse().ok())?;
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
    (!host.is_empty() && host.chars().all(is_name) && port != 0).then(|| (host.to_owned(), port))
}

/// The hand that speaks.
pub(crate) struct Broker {
    client: Client,
    listener: Option<thread::JoinHandle<()>>,
    /// What carries it over a sealed line.
    #[cfg(unix)]
    _tunnel: Option<Tunnel>,
}

impl Broker {
    /// Begins to listen; what is heard becomes events. Who is trusted says whether a sealed line leads to the broker.
    ///
    /// # Errors
    /// There can be no sealed line from here.
    pub(crate) fn begin(
        address: &Address,
        trust: &Trust,
        topics: &Topics,
        events: Sender<Event>,
    ) -> Result<Self, String> {
        #[cfg(unix)]
        let tunnel = address.sealed.then(|| {
            let told = events.clone();
            let told = move |why| {
                let _ = told.send(Event::Disconnected(why));
            };
            Tunnel::begin((&address.host, address.port), trust, told)
        });
        #[cfg(unix)]
        let tunnel = tunnel.transpose()?;
        #[cfg(not(unix))]
        let _ = trust;
        #[cfg(unix)]
        let options = match &tunnel {
            Some(tunnel) => {
                let mut options = address.options(topics, &tunnel.path().display().to_string());
                options.set_transport(Transport::unix());
                options
            }
            None => address.options(topics, &address.host),
        };
        #[cfg(not(unix))]
        let options = address.options(topics, &address.host);
        let (client, mut connection) = Client::new(options, WAITING);
        // Many small messages go out at once: none waits until the one before it is acknowledged.
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        connection.eventloop.set_network_options(network);
        let (hand, heard) = (client.clone(), topics.heard());
        let listener = thread::spawn(move || listen(connection, &hand, &heard, &events));
        Ok(Self {
            client,
            listener: Some(listener),
            #[cfg(unix)]
            _tunnel: tunnel,
        })
    }

    /// Hands a message over; `false` where there is no room for it.
    pub(crate) fn publish(&self, message: &Message) -> bool {
        self.client
            .try_publish(&message.topic, QoS::AtLeastOnce, message.retain, message.payload.as_bytes())
            .is_ok()
    }

    /// Says farewell and waits until it is said, for a short time at most.
    pub(crate) fn end(mut self, farewell: &Message) {
        let _ = self.publish(farewell);
        let _ = self.client.try_disconnect();
        if let Some(listener) = self.listener.take() {
            let mut left = Duration::from_secs(2);
            while !listener.is_finished() && !left.is_zero() {
                nap(Duration::from_millis(20));
                left = left.saturating_sub(Duration::from_millis(20));
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the driver: it waits")]
fn nap(duration: Duration) {
    thread::sleep(duration);
}

/// Listens until nobody wants to hear any more, or farewell was said.
fn listen(mut connection: Connection, hand: &Client, heard: &str, events: &Sender<Event>) {
    let mut wait = FIRST_WAIT;
    for packet in connection.iter() {
        let event = match packet {
            Ok(Packet::Incoming(Incoming::ConnAck(_))) => {
                wait = FIRST_WAIT;
                if hand.try_subscribe(heard, QoS::AtLeastOnce).is_err() {
                    continue;
                }
                Event::Connected
            }
            Ok(Packet::Incoming(Incoming::Publish(message))) => Event::Message {
                topic: message.topic.clone(),
                payload: message.payload.to_vec(),
                retained: message.retain,
            },
            Ok(Packet::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => continue,
            Err(error) => {
                if events.send(Event::Disconnected(error.to_string())).is_err() {
                    return;
                }
                nap(wait);
                wait = (wait * 2).min(LONGEST_WAIT);
                continue;
            }
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_brokers() {
        let of = |text: &str| Address::parse(text).map(|address| (address.host, address.port));
        assert_eq!(of("mqtt://broker.local:1884").unwrap(), ("broker.local".to_owned(), 1884));
        assert_eq!(of("localhost").unwrap(), ("localhost".to_owned(), 1883));
        assert_eq!(of("mqtt://[::1]:1883").unwrap(), ("::1".to_owned(), 1883));
        assert!(of("wss://host").unwrap_err().contains("over WebSocket is not spoken"));
        if cfg!(unix) {
            assert_eq!(of("mqtts://broker.local").unwrap(), ("broker.local".to_owned(), 8883));
            assert!(
                Address::parse("ssl://host:1").unwrap().sealed && !Address::parse("host").unwrap().sealed
            );
        }
        assert!(of("mqtt://me:secret@host").unwrap_err().contains("--mqtt-password-file"));
        for text in ["", "mqtt://", "host:0", "host:99999", "a b", "http//x"] {
            assert!(of(text).is_err(), "{text}");
        }
        let login = Some(("me".to_owned(), Secret("hunter2".to_owned())));
        let shown = format!("{:?}", Address { login, ..Address::parse("host").unwrap() });
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
