//! The figures at the end of a demo, and whether they balance: what outsiders did against what the store holds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{helpers, residents};
use crate::domain::call::CallResult;
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
             \x20            {}\noffers       {} = {}\n\
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
            sum(&store.offers),
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
        holds(
            count(&self.handsets.offers) <= sum(&store.offers),
            format!("handsets read {} offers of {}", count(&self.handsets.offers), sum(&store.offers)),
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
        self.store.calls.get(CallResult::Ticket.name()).copied().unwrap_or(0)
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
        Totals {
            calls: [("ticket".to_owned(), 5), ("callback".to_owned(), 1)].into(),
            offers: [("accepted".to_owned(), 4)].into(),
            tickets: [("closed".to_owned(), 4)].into(),
            opened_by_telephone: 4,
            calls_about_open: 1,
            tasks: [("waiting".to_owned(), 1), ("taken".to_owned(), 2)].into(),
        }
    }

    fn faults(store: &Totals, rang: u64) -> Vec<String> {
        let residents = residents::Tally { rang: rang.into(), ..Default::default() };
        Farewell { store, residents: &residents, handsets: &helpers::Tally::default() }.faults()
    }

    #[test]
    fn figures_that_balance_leave_nothing_to_say_and_others_are_named() {
        assert_eq!(faults(&totals(), 6), Vec::<String>::new());
        assert_eq!(faults(&totals(), 7).len(), 1, "a call that never arrived");
        let lost = Totals { calls_about_open: 0, ..totals() };
        assert_eq!(faults(&lost, 6).len(), 1, "a call that ended in a ticket nobody knows");
        let mut open = totals();
        open.calls.insert("open".to_owned(), 1);
        assert_eq!(faults(&open, 6), ["1 calls have no end"]);
    }
}
