//! The day as it was lived, beside what is simulated of the same requests.

use super::case::By;
use super::figures::Figure;
use super::tally::{Outcome, Tally};

/// How a request went on the day itself, as far as the file says it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Went {
    pub by: Option<By>,
    /// Seconds from the request until somebody had taken it, and until a volunteer was at the door.
    pub accept_s: Option<f64>,
    pub arrive_s: Option<f64>,
}

/// What can be said of a day that nobody simulated: who took it, and when. The rest was not written down.
pub const KNOWN: [Figure; 17] = [
    Figure::Requests,
    Figure::ForVolunteers,
    Figure::ByVolunteer,
    Figure::ByInstitution,
    Figure::ByStation,
    Figure::Unserved,
    Figure::AcceptP50,
    Figure::AcceptP90,
    Figure::AcceptP99,
    Figure::VolunteersP50,
    Figure::VolunteersP90,
    Figure::ArriveP50,
    Figure::ArriveP90,
    Figure::ArriveP99,
    Figure::Within5,
    Figure::Within10,
    Figure::Within30,
];

/// The same requests as they went; none where the file does not say it of any.
///
/// Of whom nobody wrote down when they were at the door it is not known whether they were there in time: they count
/// among those wanted at once only where nobody took it at all.
pub fn as_lived(went: &[Went], simulated: &Tally) -> Option<Tally> {
    went.iter().any(|one| one.by.is_some()).then_some(())?;
    let outcome = |(went, simulated): (&Went, &Outcome)| {
        let at_once = simulated.at_once && (went.arrive_s.is_some() || went.by.is_none());
        Outcome {
            by: went.by,
            accept_s: went.accept_s,
            arrive_s: went.arrive_s.filter(|_| at_once),
            at_once,
            ..simulated.clone()
        }
    };
    let mut lived = simulated.only(|_| false);
    lived.outcomes = went.iter().zip(&simulated.outcomes).map(outcome).collect();
    Some(lived)
}
