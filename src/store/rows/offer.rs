//! Offers: one piece of work, one volunteer, one question.

use rusqlite::{Connection, Row, params};

use crate::domain::offer::{Offer, RankVector, ReplyCode};
use crate::store::error::{RowError, must_hold};

pub const COLUMNS: &str = "id, ticket, work_item, volunteer, phone, wave, code, state, rank_ring, \
     rank_acceptance, rank_fairness, rank_continuity, rank_rating, rank_score, text, created_at, sent_at, expires_at, \
     ended_at, ring_why, ring_at, ring_tries";

/// The jurisdiction is the ticket's.
const PUT: &str = "INSERT INTO offer (id, ticket, work_item, volunteer, phone, wave, code, state, rank_ring, \
     rank_acceptance, rank_fairness, rank_continuity, rank_rating, rank_score, text, created_at, sent_at, expires_at, \
     ended_at, ring_why, ring_at, ring_tries, jurisdiction) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, \
     (SELECT jurisdiction FROM ticket WHERE id = ?2)) \
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, code = excluded.code, text = excluded.text, \
     sent_at = excluded.sent_at, expires_at = excluded.expires_at, ended_at = excluded.ended_at, \
     ring_why = excluded.ring_why, ring_at = excluded.ring_at, ring_tries = excluded.ring_tries";

fn check(offer: &Offer) -> Result<(), RowError> {
    must_hold(ReplyCode::OFFERS.contains(&offer.code.0), "offer", "a reply code has two digits, 10 to 99")?;
    must_hold(!offer.state.is_open() || offer.ended_at.is_none(), "offer", "open and ended at once")
}

pub fn put(connection: &Connection, offer: &Offer) -> Result<(), RowError> {
    check(offer)?;
    connection.prepare_cached(PUT)?.execute(params![
        offer.id,
        offer.ticket,
        offer.work_item,
        offer.volunteer,
        offer.phone,
        offer.wave,
        offer.code,
        offer.state,
        offer.rank.ring,
        offer.rank.acceptance,
        offer.rank.fairness,
        offer.rank.continuity,
        offer.rank.rating,
        offer.rank.score,
        offer.text,
        offer.created_at,
        offer.sent_at,
        offer.expires_at,
        offer.ended_at,
        offer.ring.map(|ring| ring.why),
        offer.ring.map(|ring| ring.at),
        offer.ring.map_or(0, |ring| ring.tries),
    ])?;
    Ok(())
}

pub fn read(row: &Row<'_>) -> Result<Offer, RowError> {
    let offer = Offer {
        id: row.get("id")?,
        ticket: row.get("ticket")?,
        work_item: row.get("work_item")?,
        volunteer: row.get("volunteer")?,
        phone: row.get("phone")?,
        wave: row.get("wave")?,
        code: row.get("code")?,
        state: row.get("state")?,
        rank: RankVector {
            ring: row.get("rank_ring")?,
            acceptance: row.get("rank_acceptance")?,
            fairness: row.get("rank_fairness")?,
            continuity: row.get("rank_continuity")?,
            rating: row.get("rank_rating")?,
            score: row.get("rank_score")?,
        },
        text: row.get("text")?,
        ring: super::assignment::ring(row)?,
        created_at: row.get("created_at")?,
        sent_at: row.get("sent_at")?,
        expires_at: row.get("expires_at")?,
        ended_at: row.get("ended_at")?,
    };
    check(&offer)?;
    Ok(offer)
}
