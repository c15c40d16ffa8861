//! `yingda tickets`: what stands open.

use std::io::{self, Write};

use super::arguments::Tickets;
use super::office::{carry_out, unexpected};
use super::{Place, Verdict, printed};
use crate::service::control::{Answer, Request, TICKETS, TicketLine};

pub(super) fn show(place: &Place, asked: &Tickets) -> anyhow::Result<Verdict> {
    let request = Request::Tickets { all: asked.all, limit: asked.limit.min(TICKETS) };
    let Answer::Tickets { tickets } = carry_out(place, request)? else { return Err(unexpected()) };
    let out = io::stdout().lock();
    printed(if asked.json { as_json(out, &tickets) } else { as_table(out, &tickets) })
}

fn as_json(mut out: impl Write, tickets: &[TicketLine]) -> io::Result<()> {
    for ticket in tickets {
        writeln!(out, "{}", serde_json::to_string(ticket)?)?;
    }
    Ok(())
}

fn as_table(mut out: impl Write, tickets: &[TicketLine]) -> io::Result<()> {
    writeln!(
        out,
        "{:16}  {:16}  {:8}  {:20}  {:16}  station",
        "number", "state", "category", "opened", "caller"
    )?;
    for ticket in tickets {
        writeln!(
            out,
            "{:16}  {:16}  {:8}  {:20}  {:16}  {}",
            ticket.number,
            ticket.state,
            ticket.category.as_deref().unwrap_or("–"),
            ticket.opened_at.split('.').next().unwrap_or_default(),
            ticket.caller.as_deref().unwrap_or("–"),
            ticket.station
        )?;
    }
    Ok(())
}
