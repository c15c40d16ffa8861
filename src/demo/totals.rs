//! The figures at the end of a demo, and whether they balance: what outsiders did against what the store holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{helpers, residents};
use crate::domain::call::CallResult;
use crate::domain::offer::OfferState;
use crate::store::queries::totals::Totals;

/// What the store holds beside what residents and handsets did.
pub struct Farewell<'a> {
    pub store: &'a Totals,
    pub residents: &'a residents::Tally,
    pub handsets: &'a helpers::Tally,
}

impl Farewell<'_> {
    /// The figures as they stand on the screen.
    pub fn lines(&self) -> String {
        let store = self.store;
        format!(
            "\ncalls in     {} = {}\ntickets      {} by telephone = calls that ended in a ticket {} - {} about an open one\n\
             \x20            {}\ncall-backs   {} calls are owed one, in {} requests = {}\n\
             no ticket    {} = {}\noffers       {} = {} ended + {} open: {}\n\
             residents    rang {}, wrote down {} numbers, gave up {}, answered {}, texted {} answers\n\
             handsets     read {} texts, said yes {}, no {}, done {}\n\
             duty phones  were told {} of {} tasks, took {}, gave back {}, ended {}\n\
             \x20            {}\n",
            sum(&store.calls),
            list(&store.calls),
            store.opened_by_telephone,
            self.ended_in_ticket(),
            store.calls_about_open,
            list(&store.tickets),
            store.calls_owed,
            sum(&store.callbacks),
            list(&store.callbacks),
            sum(&store.dispositions),
            list(&store.dispositions),
            store.offers_made,
            self.offers(|state| !state.is_open()),
            self.offers(OfferState::is_open),
            list(&store.offers),
            count(&self.residents.rang),
            count(&self.residents.heard_a_number),
            count(&self.residents.gave_up),
            count(&self.residents.answered),
            count(&self.handsets.survey_letters),
            count(&self.handsets.read),
            count(&self.handsets.yes),
            count(&self.handsets.no),
            count(&self.handsets.done),
            count(&self.handsets.tasks),
            sum(&store.tasks),
            count(&self.handsets.tasks_taken),
            count(&self.handsets.tasks_returned),
            count(&self.handsets.tasks_done),
            list(&store.tasks),
        )
    }

    /// What does not balance, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let store = self.store;
        let calls = sum(&store.calls);
        let (rang, wrote_down) = (count(&self.residents.rang), count(&self.residents.heard_a_number));
        let mut faults = Vec::new();
        let mut holds = |holds: bool, fault: String| {
            if !holds {
                faults.push(fault);
            }
        };
        let open = store.calls.get("open").copied().unwrap_or(0);
        holds(open == 0, format!("{open} calls have no end"));
        // Whoever watches may have rung too.
        holds(calls >= rang, format!("residents rang {rang} times, the store knows {calls} calls"));
        holds(
            self.ended_in_ticket() == store.opened_by_telephone + store.calls_about_open,
            format!(
                "{} calls ended in a ticket, but {} opened one and {} were about one",
                self.ended_in_ticket(),
                store.opened_by_telephone,
                store.calls_about_open
            ),
        );
        holds(
            wrote_down <= store.opened_by_telephone,
            format!("residents wrote down {wrote_down} numbers of {} tickets", store.opened_by_telephone),
        );
        let callbacks = self.ended_in(CallResult::Callback);
        holds(
            callbacks == store.calls_owed,
            format!("{callbacks} calls ended as owed a call, {} of them have a request", store.calls_owed),
        );
        let dispositions = self.ended_in(CallResult::Disposition);
        holds(
            dispositions == sum(&store.dispositions),
            format!("{dispositions} calls needed no ticket, {} of them say why", sum(&store.dispositions)),
        );
        let (ended, open) = (self.offers(|state| !state.is_open()), self.offers(OfferState::is_open));
        holds(
            store.offers_made == ended + open,
            format!("{} offers were made, {ended} have ended and {open} are open", store.offers_made),
        );
        holds(
            store.offers_without_end == open,
            format!("{open} offers are open, {} have no end", store.offers_without_end),
        );
        holds(
            count(&self.handsets.offers) <= store.offers_made,
            format!("handsets read {} offers of {}", count(&self.handsets.offers), store.offers_made),
        );
        // A notice that is repeated keeps its code and its row: more may be read than stand in the store, and a 9 is
        // only said of what was taken.
        let taken =
            store.tasks.get("taken").copied().unwrap_or(0) + store.tasks.get("ended").copied().unwrap_or(0);
        holds(
            count(&self.handsets.tasks_done) <= taken,
            format!(
                "duty phones ended {} tasks, the store knows {taken} that were taken",
                count(&self.handsets.tasks_done)
            ),
        );
        faults
    }

    fn ended_in_ticket(&self) -> u64 {
        self.ended_in(CallResult::Ticket)
    }

    fn ended_in(&self, result: CallResult) -> u64 {
        self.store.calls.get(result.name()).copied().unwrap_or(0)
    }

    /// Offers in the states of this kind; a state that is none counts nowhere.
    fn offers(&self, of: impl Fn(OfferState) -> bool) -> u64 {
        let counts = self.store.offers.iter();
        counts.filter(|(name, _)| OfferState::parse(name).is_some_and(&of)).map(|(_, count)| count).sum()
    }
}

fn count(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn list(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals() -> Totals {
        let counts =
            |counts: &[(&str, u64)]| counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        Totals {
            calls: counts(&[("ticket", 5), ("callback", 2), ("disposition", 1)]),
            offers: counts(&[("accepted", 4), ("expired", 2), ("sent", 1)]),
            offers_made: 7,
            offers_without_end: 1,
            dispositions: counts(&[("talked_to_person", 1)]),
            calls_owed: 2,
            callbacks: counts(&[("queued", 1)]),
            tickets: counts(&[("closed", 4)]),
            opened_by_telephone: 4,
            calls_about_open: 1,
            tasks: counts(&[("waiting", 1), ("taken", 2)]),
        }
    }

    fn faults(store: &Totals, rang: u64) -> Vec<String> {
        let residents = residents::Tally { rang: rang.into(), ..Default::default() };
        Farewell { store, residents: &residents, handsets: &helpers::Tally::default() }.faults()
    }

    #[test]
    fn figures_that_balance_leave_nothing_to_say() {
        assert_eq!(faults(&totals(), 8), Vec::<String>::new());
    }

    #[test]
    fn a_call_that_never_arrived_or_never_ended_is_named() {
        assert_eq!(faults(&totals(), 9), ["residents rang 9 times, the store knows 8 calls"]);
        let mut open = totals();
        open.calls.insert("open".to_owned(), 1);
        assert_eq!(faults(&open, 8), ["1 calls have no end"]);
    }

    #[test]
    fn a_call_that_ended_in_a_ticket_nobody_knows_is_named() {
        let lost = Totals { calls_about_open: 0, ..totals() };
        assert_eq!(faults(&lost, 8), ["5 calls ended in a ticket, but 4 opened one and 0 were about one"]);
    }

    #[test]
    fn a_call_that_is_owed_one_and_has_no_request_is_named() {
        let lost = Totals { calls_owed: 1, ..totals() };
        assert_eq!(faults(&lost, 8), ["2 calls ended as owed a call, 1 of them have a request"]);
    }

    #[test]
    fn a_call_that_needed_no_ticket_and_does_not_say_why_is_named() {
        let silent = Totals { dispositions: BTreeMap::new(), ..totals() };
        assert_eq!(faults(&silent, 8), ["1 calls needed no ticket, 0 of them say why"]);
    }

    #[test]
    fn an_offer_in_no_state_or_with_the_wrong_end_is_named() {
        let lost = Totals { offers_made: 8, ..totals() };
        assert_eq!(faults(&lost, 8), ["8 offers were made, 6 have ended and 1 are open"]);
        let mut unknown = totals();
        unknown.offers.remove("expired");
        unknown.offers.insert("mislaid".to_owned(), 2);
        assert_eq!(faults(&unknown, 8), ["7 offers were made, 4 have ended and 1 are open"]);
        let endless = Totals { offers_without_end: 3, ..totals() };
        assert_eq!(faults(&endless, 8), ["1 offers are open, 3 have no end"]);
    }
}
