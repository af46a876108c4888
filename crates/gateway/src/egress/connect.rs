//! Opens the connections: resolves a name once, refuses if any of its addresses is not public, and
//! connects to an address that was checked. So a name that changes its mind between a check and
//! the connection gains nothing.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::guard::{self, Host};
use super::{EgressError, EgressPolicy, SendFault};

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// What the HTTP client's pool opens its connections with.
#[derive(Clone)]
pub(super) struct Connector(Arc<Dialer>);

pub(super) struct Dialer {
    pub(super) policy: EgressPolicy,
    pub(super) resolver: Resolver,
    pub(super) tls: TlsConnector,
    /// For all of it: name, TCP, TLS.
    pub(super) timeout: Duration,
}

pub(super) enum Resolver {
    System,
    #[cfg(test)]
    Scripted(Script),
}

#[cfg(test)]
pub(super) type Script = Box<dyn Fn(&str) -> Vec<IpAddr> + Send + Sync>;

impl Connector {
    pub(super) fn new(dialer: Dialer) -> Connector {
        Connector(Arc::new(dialer))
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Stream;
    type Error = SendFault;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, SendFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = Arc::clone(&self.0);
        Box::pin(async move {
            // The pool may finish a connection that nobody waits for any more, so the time-out
            // of the request does not cover this.
            tokio::time::timeout(dialer.timeout, dialer.dial(&uri))
                .await
                .unwrap_or(Err(SendFault::Timeout))
        })
    }
}

impl Dialer {
    async fn dial(&self, uri: &Uri) -> Result<Stream, SendFault> {
        let host = uri.host().and_then(Host::parse).ok_or(SendFault::Url)?;
        let is_https = uri.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });

        let addresses = self.checked_addresses(&host, port).await?;
        let tcp = TcpStream::connect(&addresses[..]).await.map_err(|_| SendFault::Connect)?;
        tcp.set_nodelay(true).map_err(|_| SendFault::Connect)?;
        let tcp = TokioIo::new(tcp);
        if !is_https {
            return Ok(MaybeHttpsStream::Http(tcp));
        }
        let name = match host {
            Host::Name(name) => ServerName::try_from(name).map_err(|_| SendFault::Tls)?,
            Host::Address(address) => ServerName::from(address),
        };
        let tls = self.tls.connect(name, TokioIo::new(tcp)).await.map_err(|_| SendFault::Tls)?;
        Ok(MaybeHttpsStream::from(tls))
    }

    async fn checked_addresses(
        &self,
        host: &Host,
        port: u16,
    ) -> Result<Vec<SocketAddr>, SendFault> {
        let mut addresses = match host {
            Host::Address(address) => vec![*address],
            Host::Name(_) if host.is_loopback() => {
                vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
            }
            Host::Name(name) => self.resolver.resolve(name).await?,
        };
        if addresses.is_empty() {
            return Err(SendFault::Resolve);
        }
        // One bad address among good ones is how a rebinding attack looks.
        if !addresses.iter().all(|address| guard::may_connect(*address, &self.policy)) {
            return Err(SendFault::BlockedAddress);
        }
        // Where IPv6 goes nowhere, it would use up the time that IPv4 needs.
        addresses.sort_by_key(IpAddr::is_ipv6);
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }
}

impl Resolver {
    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, SendFault> {
        match self {
            Resolver::System => {
                let found =
                    tokio::net::lookup_host((name, 0)).await.map_err(|_| SendFault::Resolve)?;
                Ok(found.map(|address| address.ip()).collect())
            }
            #[cfg(test)]
            Resolver::Scripted(answer) => Ok(answer(name)),
        }
    }
}

pub(super) fn tls_connector(extra_ca_file: Option<&Path>) -> Result<TlsConnector, EgressError> {
    let mut config = tls_config(extra_ca_file)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// TLS 1.2 and 1.3 with the public roots, and the operator's own when a file is named.
pub(super) fn tls_config(extra_ca_file: Option<&Path>) -> Result<ClientConfig, EgressError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = extra_ca_file {
        add_roots(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn add_roots(roots: &mut RootCertStore, path: &Path) -> Result<(), EgressError> {
    let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|source| EgressError::CaFileUnreadable { path: path.to_owned(), source })?;
    if certificates.is_empty() {
        return Err(EgressError::CaFileEmpty { path: path.to_owned() });
    }
    for certificate in certificates {
        roots.add(certificate)?;
    }
    Ok(())
}
