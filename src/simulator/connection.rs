//! TCP connections that can be cut from inside a request, as a failing network would.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Cuts the connection it came with: nothing more is written to it.
#[derive(Clone, Default)]
pub(super) struct Scissors(Arc<AtomicBool>);

impl Scissors {
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

/// Accepts connections without delayed packets: a response leaves at once.
pub(super) struct Acceptor(pub(super) TcpListener);

impl Listener for Acceptor {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, from) = <TcpListener as Listener>::accept(&mut self.0).await;
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let scissors = Scissors::default();
        (Connection { stream, scissors }, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Acceptor>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, Acceptor>) -> Self {
        stream.io().scissors.clone()
    }
}

/// Accepts connections and greets them by TLS, many at once: one that says nothing keeps no other
/// waiting.
pub(super) struct SecureAcceptor {
    acceptor: Acceptor,
    tls: TlsAcceptor,
    greetings: JoinSet<io::Result<(TlsStream<Connection>, SocketAddr)>>,
}

impl SecureAcceptor {
    pub(super) fn new(listener: TcpListener, tls: TlsAcceptor) -> Self {
        Self {
            acceptor: Acceptor(listener),
            tls,
            greetings: JoinSet::new(),
        }
    }
}

impl Listener for SecureAcceptor {
    type Io = TlsStream<Connection>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TlsStream<Connection>, SocketAddr) {
        loop {
            tokio::select! {
                (connection, from) = self.acceptor.accept() => {
                    let greeting = self.tls.accept(connection);
                    self.greetings.spawn(async move { Ok((greeting.await?, from)) });
                }
                Some(greeted) = self.greetings.join_next() => match greeted {
                    Ok(Ok(accepted)) => return accepted,
                    Ok(Err(error)) => tracing::debug!(%error, "a connection was not greeted"),
                    Err(error) => tracing::error!(%error, "a greeting ended"),
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.acceptor.local_addr()
    }
}

impl Connected<IncomingStream<'_, SecureAcceptor>> for Scissors {
    fn connect_info(stream: IncomingStream<'_, SecureAcceptor>) -> Self {
        stream.io().get_ref().0.scissors.clone()
    }
}

/// A connection with its scissors.
pub(super) struct Connection {
    stream: TcpStream,
    scissors: Scissors,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.scissors.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.scissors.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
