//! One connection to the centre: connect, bind, submit, answer, unbind.
//!
//! rusmppc speaks the protocol; its connection is polled by our own task, never spawned and never told
//! to close: spawned it can leave answers unsent until the next PDU, and closing it while the socket is
//! full it turns in a circle. Names are resolved by the system, never by its resolver.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use rusmpp::CommandStatus;
use rusmpp::pdus::{BindTransceiver, DeliverSmResp, SubmitSm};
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{
    DataCoding, EsmClass, InterfaceVersion, MCDeliveryReceipt, Npi, RegisteredDelivery, Ton,
};
use rusmppc::error::Error;
use rusmppc::{Client, ConnectionBuilder, Event};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::domain::ids::MessageId;
use crate::domain::phone_number::NumberingPlan;
use crate::domain::timestamp::Timestamp;
use crate::text::segments::Alphabet;

use super::courier::{Refusal, Submission};
use super::guard::{Guarded, MAX_PDU};
use super::settings::Settings;

/// How long the centre has for its farewell.
const FAREWELL: Duration = Duration::from_secs(2);
/// The longest a centre is asked to keep trying: its own clock may know no longer.
const LONGEST_VALIDITY: Duration = Duration::from_hours(24 * 28);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("cannot reach the SMS centre at {address}: check `address` and the network")]
    Unreachable { address: String, source: std::io::Error },
    #[error("the SMS centre at {address} did not answer within {seconds} s")]
    Silent { address: String, seconds: u64 },
    #[error(
        "the SMS centre at {address} refuses `system_id` and `password` (status 0x{status:08X}): check both, and that the account may bind as transceiver from this host"
    )]
    Refused { address: String, status: u32 },
    #[error("the SMS centre at {address} broke the link off: {problem}")]
    Broken { address: String, problem: String },
}

impl LinkError {
    /// Whether trying soon again only locks the account.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Refused { .. } => true,
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Broken { .. } => false,
        }
    }
}

/// What became of a submitted part.
#[derive(Debug)]
pub struct Landed {
    pub id: MessageId,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// The centre has it, under this name if it gave one.
    Taken(Option<String>),
    Refused(Refusal),
    /// No answer, so nobody knows: the link is given up.
    Unknown,
}

/// A bound link.
pub struct Live {
    /// Tells the answers of this link from those of one before it.
    pub session: u64,
    client: Client,
    pub events: BoxStream<'static, Event>,
    pub connection: BoxFuture<'static, ()>,
    pub flights: FuturesUnordered<BoxFuture<'static, Landed>>,
    pub answers: FuturesUnordered<BoxFuture<'static, ()>>,
}

/// Connects and binds.
///
/// # Errors
/// Says what an operator has to look at.
pub async fn connect(settings: Settings, session: u64) -> Result<Live, LinkError> {
    let address = settings.address.clone();
    let patience = settings.response_time();
    let silent = || LinkError::Silent { address: address.clone(), seconds: patience.as_secs() };
    let unreachable = |source| LinkError::Unreachable { address: address.clone(), source };
    let stream =
        timeout(patience, TcpStream::connect(&address)).await.map_err(|_| silent())?.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let (client, events, connection) = ConnectionBuilder::new()
        .disable_interface_version_check()
        .max_command_length(MAX_PDU)
        .enquire_link_interval(Duration::from_secs(settings.enquire_link_s.into()))
        .enquire_link_response_timeout(patience)
        .response_timeout(patience)
        .no_spawn()
        .connected(Guarded::new(stream));
    let mut live = Live {
        session,
        client,
        events: events.boxed(),
        connection: connection.boxed(),
        flights: FuturesUnordered::new(),
        answers: FuturesUnordered::new(),
    };
    let bind = bind_pdu(&settings);
    let bound = tokio::select! {
        bound = live.client.bind_transceiver(bind) => bound,
        () = &mut live.connection => Err(Error::ConnectionClosed),
    };
    match bound {
        Ok(_) => Ok(live),
        Err(Error::UnexpectedResponse { response }) => {
            Err(LinkError::Refused { address: address.clone(), status: u32::from(response.status()) })
        }
        Err(Error::ResponseTimeout { .. }) => Err(silent()),
        Err(error) => Err(LinkError::Broken { address: address.clone(), problem: error.to_string() }),
    }
}

impl Live {
    /// Gives one part to the centre.
    pub fn submit(&self, submission: &Submission, pdu: SubmitSm) {
        let client = self.client.clone();
        let id = submission.id;
        let flight = async move {
            let outcome = match client.submit_sm(pdu).await {
                Ok(taken) => Outcome::Taken(
                    Some(taken.message_id().as_str().to_owned()).filter(|name| !name.is_empty()),
                ),
                Err(Error::UnexpectedResponse { response }) => match u32::from(response.status()) {
                    // Taken, in an answer whose body says nothing.
                    0 => Outcome::Taken(None),
                    status => Outcome::Refused(Refusal::from_status(status)),
                },
                Err(_) => Outcome::Unknown,
            };
            Landed { id, outcome }
        };
        self.flights.push(flight.boxed());
    }

    /// Answers a `deliver_sm`.
    pub fn answer(&self, sequence: u32, status: CommandStatus) {
        let client = self.client.clone();
        let answer = async move {
            // A link that ends meanwhile ends for everybody: the centre sends the text again.
            let _ended = client.status(status).deliver_sm_resp(sequence, DeliverSmResp::default()).await;
        };
        self.answers.push(answer.boxed());
    }

    /// Lets the centre go first: answers its unbind.
    pub fn answer_unbind(&self, sequence: u32) {
        let client = self.client.clone();
        let answer = async move {
            // It closes the socket whether or not it reads this.
            let _ended = client.unbind_resp(sequence).await;
        };
        self.answers.push(answer.boxed());
    }

    /// Says good-bye and closes, whatever the centre answers.
    pub async fn farewell(mut self) {
        let goodbye = async {
            tokio::select! {
                _unbound = self.client.unbind() => {}
                () = &mut self.connection => {}
            }
        };
        if timeout(FAREWELL, goodbye).await.is_err() {
            tracing::debug!("the centre did not answer the unbind");
        }
    }
}

fn bind_pdu(settings: &Settings) -> BindTransceiver {
    BindTransceiver::builder()
        .system_id(text(&settings.system_id))
        .password(text(settings.password.expose()))
        .system_type(text(&settings.system_type))
        .interface_version(InterfaceVersion::Smpp3_4)
        .build()
}

/// The PDU of one part.
pub fn submit_pdu(part: &Submission, settings: &Settings, plan: &NumberingPlan, now: Timestamp) -> SubmitSm {
    let (ton, destination) = settings.destination(&part.to, plan);
    let octets = part.alphabet.encode(&part.words);
    let header = [5, 0, 3, part.reference, part.of, part.part];
    let joined = part.of > 1;
    let octets = if joined { [header.as_slice(), &octets].concat() } else { octets };
    let receipt = if settings.receipts {
        MCDeliveryReceipt::McDeliveryReceiptRequestedWhereFinalDeliveryOutcomeIsSuccessOrFailure
    } else {
        MCDeliveryReceipt::NoMcDeliveryReceiptRequested
    };
    SubmitSm::builder()
        .source_addr_ton(Ton::from(settings.source_ton))
        .source_addr_npi(Npi::from(settings.source_npi))
        .source_addr(text(&settings.source))
        .dest_addr_ton(Ton::from(ton))
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(text(&destination))
        // Not `default()`: that sets the bit of a delivery acknowledgement.
        .esm_class(EsmClass::from(if joined { 0x40 } else { 0 }))
        .data_coding(match part.alphabet {
            Alphabet::Gsm7 => DataCoding::McSpecific,
            Alphabet::Ucs2 => DataCoding::Ucs2,
        })
        .registered_delivery(RegisteredDelivery::from(u8::from(receipt)))
        .validity_period(if settings.validity {
            validity(now.until(part.not_after))
        } else {
            EmptyOrFullCOctetString::empty()
        })
        .short_message(OctetString::from_vec(octets).expect("a part is at most 160 octets and its header"))
        .build()
}

/// A span as SMPP writes it (3.4 §7.1.1.2): `YYMMDDhhmmss000R`, counted from the centre's own clock.
fn validity(span: Duration) -> EmptyOrFullCOctetString<17> {
    let seconds = span.min(LONGEST_VALIDITY).as_secs().max(1);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let written = format!("0000{days:02}{:02}{:02}{:02}000R", rest / 3_600, rest % 3_600 / 60, rest % 60);
    EmptyOrFullCOctetString::from_string(written).expect("sixteen digits and letters")
}

/// A string of the protocol; `Settings::check` saw that those of the settings fit.
fn text<const MIN: usize, const MAX: usize>(words: &str) -> COctetString<MIN, MAX> {
    COctetString::from_string(words.to_owned()).unwrap_or_default()
}
