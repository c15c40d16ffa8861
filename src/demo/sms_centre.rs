//! An SMS centre: SMPP 3.4 over TCP, as an operator runs one, with handsets at its far end.
//!
//! Store and forward: what a handset sends while nobody is bound waits, and what was not acknowledged
//! goes again. It can be slow, full, gone for a while, or cut the line in the middle of a message.

mod centre;
mod post;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock::Clock;
use crate::domain::secret::Secret;
use crate::domain::timestamp::Timestamp;

use centre::Centre;

/// Orders waiting for the centre's task.
const ORDERS: usize = 4_096;
/// Messages to handsets nobody has looked at; then the centre's queue is full.
const HANDSETS: usize = 65_536;

/// Who may bind, and where.
#[derive(Debug, Clone)]
pub struct CentreSettings {
    pub listen: SocketAddr,
    pub system_id: String,
    pub password: Secret,
}

/// How the centre treats those who submit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    pub receipts: Receipts,
    /// How a part's name is written: the same both times, or hexadecimal first and decimal in the receipt.
    pub names: PartNames,
    /// Parts taken in any one second; above it "slow down".
    pub parts_per_second: Option<u32>,
    /// Numbers to which nothing can be delivered, with the status their messages get.
    pub refused: BTreeMap<String, u32>,
    /// Cuts the line instead of answering the n-th part from here.
    pub cut: Option<Cut>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipts {
    After(Duration),
    Never,
    /// The handset never gets the message, and the receipt says so.
    Undelivered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartNames {
    Same,
    HexThenDecimal,
}

/// A line cut in the middle of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Parts that are still answered.
    pub after: u32,
    /// Whether the part whose answer never comes reaches its handset.
    pub taken: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            receipts: Receipts::After(Duration::from_millis(50)),
            names: PartNames::Same,
            parts_per_second: None,
            refused: BTreeMap::new(),
            cut: None,
        }
    }
}

/// A message as a handset shows it: its parts joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The handset's number, as the help line wrote it.
    pub to: String,
    /// The short number it came from.
    pub from: String,
    pub body: String,
    pub parts: u8,
    pub at: Timestamp,
}

/// What went through the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub binds: u64,
    pub binds_refused: u64,
    pub parts_taken: u64,
    pub parts_throttled: u64,
    pub parts_refused: u64,
    pub receipts_acknowledged: u64,
    /// Parts of texts from handsets that the help line acknowledged.
    pub texts_acknowledged: u64,
    /// Those it could not keep, each time it said so.
    pub texts_put_off: u64,
    /// Texts and receipts that wait for the help line.
    pub waiting: u64,
}

enum Order {
    Say {
        from: String,
        to: String,
        body: String,
        after: Duration,
    },
    Behave(Behaviour),
    /// Hand over a PDU's octets as they are, to whoever is bound.
    Raw(Vec<u8>),
    Down(oneshot::Sender<()>),
    Up(oneshot::Sender<io::Result<()>>),
    Counts(oneshot::Sender<Counts>),
}

/// A running centre; dropping it ends it.
pub struct SmsCentre {
    address: SocketAddr,
    orders: mpsc::Sender<Order>,
    /// What arrives at the handsets.
    pub handsets: mpsc::Receiver<Received>,
    _running: DropGuard,
}

/// The centre's far end, for handsets that write.
#[derive(Debug, Clone)]
pub struct Handsets {
    orders: mpsc::Sender<Order>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Order")
    }
}

impl SmsCentre {
    /// Listens and runs on the current runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(settings: CentreSettings, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let (orders, order) = mpsc::channel(ORDERS);
        let (handset, handsets) = mpsc::channel(HANDSETS);
        let stop = CancellationToken::new();
        let settings = CentreSettings { listen: address, ..settings };
        let centre = Centre::new(settings, clock, listener, handset);
        tokio::spawn(stop.clone().run_until_cancelled_owned(centre.run(order)));
        Ok(Self { address, orders, handsets, _running: stop.drop_guard() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn far_end(&self) -> Handsets {
        Handsets { orders: self.orders.clone() }
    }

    pub async fn behave(&self, behaviour: Behaviour) {
        self.order(Order::Behave(behaviour)).await;
    }

    /// Sends octets as they are to whoever is bound.
    pub async fn send_raw(&self, octets: Vec<u8>) {
        self.order(Order::Raw(octets)).await;
    }

    /// Closes every connection and listens no more. What waits goes on waiting, and handsets may write.
    pub async fn go_down(&self) {
        let (done, heard) = oneshot::channel();
        self.order(Order::Down(done)).await;
        heard.await.expect("the centre runs as long as this handle lives");
    }

    /// Listens again, at the same address.
    ///
    /// # Errors
    /// When somebody else has the address by now.
    pub async fn come_back(&self) -> io::Result<()> {
        let (done, heard) = oneshot::channel();
        self.order(Order::Up(done)).await;
        heard.await.expect("the centre runs as long as this handle lives")
    }

    pub async fn counts(&self) -> Counts {
        let (done, heard) = oneshot::channel();
        self.order(Order::Counts(done)).await;
        heard.await.expect("the centre runs as long as this handle lives")
    }

    async fn order(&self, order: Order) {
        self.orders.send(order).await.expect("the centre runs as long as this handle lives");
    }
}

impl Handsets {
    /// A handset writes to the short number after a while; `false` when the centre is gone.
    pub async fn say(&self, from: &str, to: &str, body: &str, after: Duration) -> bool {
        let order = Order::Say { from: from.into(), to: to.into(), body: body.into(), after };
        self.orders.send(order).await.is_ok()
    }
}
