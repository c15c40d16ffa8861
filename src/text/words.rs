//! Every text the line sends, with what each needs to know: the typed side of `config/templates.toml`.
//!
//! A text that has no field for a name cannot give one away.

use std::collections::BTreeMap;

use crate::domain::names::named_enum;

/// Declares the texts: stable name, fields, and the two enums that follow from them.
macro_rules! texts {
    ($($(#[$meta:meta])* $variant:ident = $name:literal { $($field:ident),* $(,)? }),+ $(,)?) => {
        named_enum! {
            /// The name of a text, as approved-template gateways and the store know it.
            pub enum Template { $($(#[$meta])* $variant = $name),+ }
        }

        impl Template {
            /// The placeholders its words must hold, each at least once.
            pub const fn parameters(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$(stringify!($field)),*]),+ }
            }
        }

        /// A text with what goes into it, ready to be rendered.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Words { $($(#[$meta])* $variant { $($field: String),* }),+ }

        impl Words {
            pub fn template(&self) -> Template {
                match self { $(Self::$variant { .. } => Template::$variant),+ }
            }

            /// The parameters by name.
            pub fn into_parameters(self) -> BTreeMap<String, String> {
                match self {
                    $(Self::$variant { $($field),* } =>
                        BTreeMap::from([$((stringify!($field).to_owned(), $field)),*])),+
                }
            }

            /// One of each, with its fields' own names as values: for previews and tests.
            pub fn examples() -> Vec<Self> {
                vec![$(Self::$variant { $($field: stringify!($field).to_owned()),* }),+]
            }
        }
    };
}

texts! {
    // ── to volunteers ──
    /// The question. Nothing in it tells who needs help, at which door, or why.
    Offer = "offer" { code, area, category, window, duration, station_number },
    /// After a yes that won; `address` is a meeting point where the place is confidential, `entrusted` what they may take (SAF-6).
    AcceptedDetails = "accepted_details" { code, number, category, window, address, name, visit_code, line_number, entrusted },
    /// The same where it happens at a station: no door, and no code for one.
    AcceptedAtStation = "accepted_at_station" { code, number, category, window, station, name, line_number },
    /// The same where whoever helps rings.
    AcceptedByPhone = "accepted_by_phone" { code, number, category, window, name, line_number },
    /// A yes that counts, while somebody else is still needed.
    AcceptedWaiting = "accepted_waiting" { code },
    /// Of two who come the other dropped out.
    PartnerMissing = "partner_missing" { code },
    /// Somebody comes with them again.
    PartnerFound = "partner_found" { code, window },
    /// Others took it.
    StoodDown = "stood_down" { code },
    /// It was called off: the resident, a dispatcher, or another visit that overlaps.
    Withdrawn = "withdrawn" { code },
    /// A yes after the last place was taken: on the stand-by list for two hours.
    TooLate = "too_late" { code },
    /// The places left are kept for people with a certificate: on stand-by.
    PlaceKept = "place_kept" { code },
    /// A yes or no to an offer whose time is over.
    OfferOver = "offer_over" { code },
    /// Which one? `list` is made by `offer_list`, `code` is the first on it.
    WhichOffer = "which_offer" { list, code },
    /// An order without anything it could be about.
    NothingOpen = "nothing_open" { station_number },
    /// "好" is not a yes.
    SendOneOrTwo = "send_one_or_two" { code },
    /// A no after the yes: asked once.
    ConfirmCannot = "confirm_cannot" { code },
    DeclineNoted = "decline_noted" { code },
    /// The confirmed no after the yes.
    CannotNoted = "cannot_noted" { code },
    ArrivedNoted = "arrived_noted" { code },
    LateNoted = "late_noted" { code },
    DoneNoted = "done_noted" { code },
    /// The ticket is closed: to everybody who helped.
    Thanks = "thanks" { number },
    /// No check-in by 15 minutes after the window opened.
    OnTheWay = "on_the_way" { code, window },
    /// No answer to that: given to somebody else.
    GivenToOthers = "given_to_others" { code },
    /// A lone visit that should have ended by now (SAF-5).
    AreYouWell = "are_you_well" { code, station_number },
    /// "Well", said from the door: the watch begins anew.
    WellNoted = "well_noted" { code },
    /// A booking that was not confirmed: the place is asked for anew.
    Unconfirmed = "unconfirmed" { code },
    /// A yes of somebody who has something else then, or enough for the day or week.
    NotFree = "not_free" { code },
    Reminder = "reminder" { code, category, window, area },
    /// The time of a promised visit is another.
    TimeChanged = "time_changed" { code, area, category, window },
    /// Later work whose day has come.
    BookingBegins = "booking_begins" { code, category, window },
    /// The ticket is suspended, and the visit with it.
    VisitPutOff = "visit_put_off" { code, until },
    /// It goes on: when they are expected.
    VisitGoesOn = "visit_goes_on" { code, window },
    PersonRingsBack = "person_rings_back" { station_number },
    OptOutConfirmed = "opt_out_confirmed" {},
    OnDuty = "on_duty" {},
    OffDuty = "off_duty" {},
    HelpVolunteer = "help_volunteer" { station_number },
    /// The number belongs to a helper and to a resident, and the word fits both.
    HelperOrResident = "helper_or_resident" { station_number },

    // ── to residents ──
    Receipt = "receipt" { number, line_number },
    /// A badge number, never a name.
    WhoComes = "who_comes" { number, badge, visit_code, window, entrusted },
    /// The same where it happens at a station.
    WhoMeets = "who_meets" { number, badge, window, station },
    /// The same where whoever helps rings.
    WhoRings = "who_rings" { number, badge, window },
    /// An institution by name, where it may be written.
    InstitutionComes = "institution_comes" { number, name, visit_code, window, station_number },
    HelperReplaced = "helper_replaced" { number },
    StationTookOver = "station_took_over" { number, station_number },
    SuspendedUntil = "suspended_until" { number, until },
    Survey = "survey" { number },
    SurveySatisfaction = "survey_satisfaction" { number },
    SurveyThanks = "survey_thanks" { number },
    Unreachable = "unreachable" { number },
    Closed = "closed" { number },
    RedoNoted = "redo_noted" { number },
    Progress = "progress" { number, state },
    ProgressNone = "progress_none" { line_number },
    WithdrawnConfirmed = "withdrawn_confirmed" { number },
    /// Some wishes only a person may call off.
    WithdrawRefused = "withdraw_refused" { number, line_number },
    HelpResident = "help_resident" { line_number },
    /// What a person of a station wrote back to a text that the line did not understand.
    FromPerson = "from_person" { words, station_number },

    // ── to station staff ──
    TaskForStation = "task_for_station" { code, number, category, area, due },
    /// The same to a station that is asked to help: what is asked of it stands on the console alone.
    PartForStation = "part_for_station" { code, number, category, area, due },
    /// The same where two have to go (SAF-4).
    TaskForStationTwo = "task_for_station_two" { code, number, category, area, due },
    /// The same to an institution, with when somebody is wanted.
    TaskForInstitution = "task_for_institution" { code, number, category, area, window, due },
    TaskForInstitutionTwo = "task_for_institution_two" { code, number, category, area, window, due },
    /// After an institution's yes.
    TaskDetails = "task_details" { code, number, category, window, address, name, visit_code, line_number },
    TaskTaken = "task_taken" { code, number },
    TaskTakenTwo = "task_taken_two" { code, number },
    /// Somebody else has it, or nobody needs to any more.
    TaskGone = "task_gone" { code, number },
    TaskReturned = "task_returned" { code, number },
    /// Too late to give it back, or the district has ruled.
    TaskStays = "task_stays" { code, number, station_number },
    TaskDone = "task_done" { code, number },
    /// A no after the yes: asked once.
    TaskConfirmCannot = "task_confirm_cannot" { code },
    TaskGivenUp = "task_given_up" { code, number },
    TaskArrived = "task_arrived" { code },
    TaskLate = "task_late" { code },
    /// Booked, and soon.
    TaskReminder = "task_reminder" { code, category, window, area },
    /// Nobody has said by 15 minutes after the window opened that they are there.
    TaskOnTheWay = "task_on_the_way" { code, window },
    /// Whoever a station or institution sent should be back by now (SAF-5).
    TaskAreYouWell = "task_are_you_well" { code, station_number },
    TaskWellNoted = "task_well_noted" { code },
    /// Which one? `list` is made by `offer_list`, `code` is the first on it.
    WhichTask = "which_task" { list, code },
    /// Not understood, or words that speak against the order.
    HelpTask = "help_task" { code },
    /// A helper without a mobile took it: a person tells name and address.
    TellHelper = "tell_helper" { badge, number },
    /// A visitor is not heard of since the door, or asked for help (SAF-5).
    VisitorSilent = "visitor_silent" { badge, number, area },
    /// What somebody is at, or has ended, has become life or safety.
    BecameUrgent = "became_urgent" { number, category, area },
    /// The same of somebody whom a station or an institution sent.
    StaffSilent = "staff_silent" { number, area },
    Supervision = "supervision" { number, level, due },
    CallbackWaiting = "callback_waiting" { count, due },
}
