//! A broker behind TLS: the client of MQTT speaks to a socket of this process's own, and a thread carries that over a sealed line. (The client's
//! own TLS brings an older copy of what checks certificates.)

use crate::tls::{Trust, name};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::runtime::Builder;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// How long a line may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A socket that leads to a broker, in a folder that nobody else can open; gone with this.
#[derive(Debug)]
pub(crate) struct Tunnel {
    folder: TempDir,
}

impl Tunnel {
    /// Begins to carry. What stands in the way is told.
    ///
    /// # Errors
    /// There can be no socket here, or the host has no name.
    pub(crate) fn begin(
        (host, port): (&str, u16),
        trust: &Trust,
        told: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("no socket for the broker: {error}");
        let server = name(host)?;
        let tunnel = Self { folder: tempfile::tempdir().map_err(failed)? };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let listener = runtime.block_on(async { UnixListener::bind(tunnel.path()) }).map_err(failed)?;
        let (connector, far) = (TlsConnector::from(trust.config()), (host.to_owned(), port));
        let told = Arc::new(told);
        std::thread::Builder::new()
            .name("mqtts".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    while let Ok((mut near, _)) = listener.accept().await {
                        let (connector, far, server) = (connector.clone(), far.clone(), server.clone());
                        let told = Arc::clone(&told);
                        tokio::spawn(async move {
                            if let Err(why) = carry(&mut near, &connector, far, server).await {
                                // Before the client sees its line gone, which says nothing of why.
                                told(why);
                            }
                            drop(near);
                        });
                    }
                });
            })
            .map_err(failed)?;
        Ok(tunnel)
    }

    /// Where the socket is.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("mqtt")
    }
}

/// Carries what is said either way until one of both hangs up.
async fn carry(
    near: &mut UnixStream,
    connector: &TlsConnector,
    far: (String, u16),
    server: rustls::pki_types::ServerName<'static>,
) -> Result<(), String> {
    let line = async {
        let stream = TcpStream::connect(far).await?;
        stream.set_nodelay(true)?;
        connector.connect(server, stream).await
    };
    let line = timeout(PATIENCE, line).await;
    let mut line = line
        .map_err(|_| format!("did not answer within {} s", PATIENCE.as_secs()))?
        .map_err(|error| error.to_string())?;
    // Which of both hung up, and how, the client sees for itself.
    let _ = copy_bidirectional(near, &mut line).await;
    Ok(())
}
