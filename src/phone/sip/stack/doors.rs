//! The listeners to which telephones connect.

use std::net::SocketAddr;

use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::{SipConnection, TransportLayer};
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

use super::{BindError, StackSettings};
use crate::domain::extension::PhoneTransport;
use crate::phone::sip::door::Spoken;
use crate::phone::sip::transport;
use crate::phone::sip::trouble::kind;
use crate::tls::Acceptor;

/// A listener at which nobody stands yet.
pub(super) struct Open {
    pub transport: PhoneTransport,
    /// With the port the system chose when none was named.
    pub address: SocketAddr,
    pub listener: TcpListener,
    pub spoken: Spoken,
}

/// Binds what the settings name, and lets the library know of it.
pub(super) async fn open(settings: &StackSettings, library: &TransportLayer) -> Result<Vec<Open>, BindError> {
    let mut open = Vec::new();
    if let Some(address) = settings.tcp {
        open.push(bind(settings, library, PhoneTransport::Tcp, address, Spoken::Tcp).await?);
    }
    if let Some(address) = settings.tls {
        let acceptor = acceptor(settings, PhoneTransport::Tls)?;
        open.push(bind(settings, library, PhoneTransport::Tls, address, Spoken::Tls(acceptor)).await?);
    }
    if let Some(address) = settings.ws {
        open.push(bind(settings, library, PhoneTransport::Ws, address, Spoken::Ws).await?);
    }
    if let Some(address) = settings.wss {
        let acceptor = acceptor(settings, PhoneTransport::Wss)?;
        open.push(bind(settings, library, PhoneTransport::Wss, address, Spoken::Wss(acceptor)).await?);
    }
    Ok(open)
}

fn acceptor(settings: &StackSettings, asks: PhoneTransport) -> Result<Acceptor, BindError> {
    let files = settings.certificate.as_ref().ok_or(BindError::NoCertificate(asks))?;
    Acceptor::new(files, "phone.certificate").map_err(BindError::Certificate)
}

async fn bind(
    settings: &StackSettings,
    library: &TransportLayer,
    way: PhoneTransport,
    address: SocketAddr,
    spoken: Spoken,
) -> Result<Open, BindError> {
    let failed = |source| BindError::Stream { way, address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    make_known(settings, library, way, address).await?;
    Ok(Open { transport: way, address, listener, spoken })
}

/// What we send names where we listen for the like (Via, RFC 3261 §18.1.1). The library asks its own listeners for it;
/// this one is none to it but in name: nothing comes by it or goes.
async fn make_known(
    settings: &StackSettings,
    library: &TransportLayer,
    way: PhoneTransport,
    address: SocketAddr,
) -> Result<(), BindError> {
    let resolved = SipConnection::resolve_bind_address(address);
    let told = SocketAddr::new(settings.advertised.unwrap_or(resolved.ip()), address.port());
    let (nothing_in, nothing_out) = (unbounded_channel().1, unbounded_channel().0);
    let named =
        ChannelConnection::create_connection(nothing_in, nothing_out, transport::address(way, told), None)
            .await
            .map_err(|error| BindError::Library(kind(&error)))?;
    library.add_transport(SipConnection::Channel(named));
    Ok(())
}
