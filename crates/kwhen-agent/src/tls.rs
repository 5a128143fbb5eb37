//! TLS towards a broker and Home Assistant: by the public authorities, and by one of the home's own.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

/// Whom it trusts.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// The public authorities, and those whose certificates a text in PEM holds.
    ///
    /// # Errors
    /// The text holds no certificate, or one that cannot be an authority's.
    pub fn new(own: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let public = roots.len();
        for certificate in own.into_iter().flat_map(CertificateDer::pem_slice_iter) {
            let certificate = certificate.map_err(|error| format!("not certificates in PEM: {error}"))?;
            roots.add(certificate).map_err(|error| format!("not an authority's certificate: {error}"))?;
        }
        if own.is_some() && roots.len() == public {
            return Err("holds no certificate in PEM".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| format!("TLS cannot be set up: {error}"))?;
        Ok(Self(Arc::new(builder.with_root_certificates(roots).with_no_client_auth())))
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }

    /// A line to a host over a connection to it; that it is that host is seen with the first bytes.
    pub(crate) fn over(&self, host: &str, stream: TcpStream) -> Result<Stream, String> {
        let connection =
            ClientConnection::new(self.config(), name(host)?).map_err(|error| error.to_string())?;
        Ok(Stream::Sealed(Box::new(StreamOwned::new(connection, stream))))
    }
}

/// A host as certificates name it.
pub(crate) fn name(host: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host.to_owned())
        .map_err(|_| format!("{host}: not a name that a certificate can hold"))
}

/// A line, sealed or not.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Sealed(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Sealed(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Sealed(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Sealed(stream) => stream.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_said() {
        assert!(Trust::new(None).is_ok());
        for (text, why) in [
            ("", "holds no certificate"),
            ("nonsense", "holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not certificates in PEM"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "not an authority's certificate",
            ),
        ] {
            let refused = Trust::new(Some(text.as_bytes())).unwrap_err();
            assert!(refused.contains(why), "{text:?}: {refused}");
        }
        assert!(name("a b").is_err() && name("broker.local").is_ok() && name("::1").is_ok());
    }
}
