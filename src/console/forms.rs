//! The form of each action: what it asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::moves::{Action, is_co_handlers};
use super::page::Lens;
use super::ticket_view::TicketView;
use crate::desk::command::AfterPartly;
use crate::domain::authority::{self, NotTheirs};
use crate::domain::ids::{StationId, VolunteerId};
use crate::domain::station::Station;
use crate::domain::survey::{Resolved, Satisfaction};
use crate::domain::ticket::{ClosureCode, Confirmer, ReturnReason, SuspendReason, VoidReason};
use crate::domain::timestamp::Timestamp;
use crate::domain::urgency::Urgency;

/// What was typed before, by the name of its field.
pub type Typed = BTreeMap<String, String>;

/// One action's form.
pub struct Form {
    pub action: Action,
    pub key: String,
    /// `is-main` for what usually comes next, `is-grave` for what is hard to take back.
    pub tone: &'static str,
    pub open: bool,
    pub label: String,
    pub hint: String,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub required: bool,
    pub kind: Kind,
}

/// How a field is asked for.
pub enum Kind {
    Words {
        value: String,
    },
    Moment {
        value: String,
    },
    Choice {
        options: Vec<Choice>,
    },
    /// As a choice, with its options asked for when the form is opened.
    Asked {
        from: String,
    },
    /// Typed, with likely answers to pick from.
    Suggested {
        value: String,
        near: Vec<Choice>,
    },
}

/// An option of a list.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// Draws the forms of a ticket's page.
pub struct Drawing<'a> {
    pub lens: &'a Lens<'a>,
    pub view: &'a TicketView,
    /// What was refused just now, with what was typed.
    pub refused: Option<(Action, &'a Typed)>,
    /// The action whose form stands open.
    pub open: Option<Action>,
    /// Whom it may be given to, by number and label, where the desk was asked.
    pub institutions: Option<&'a [(String, String)]>,
}

impl Drawing<'_> {
    pub fn form(&self, action: Action) -> Form {
        let w = self.lens.w;
        let name = action.name().replace('_', "-");
        Form {
            action,
            key: action.key().map(String::from).unwrap_or_default(),
            tone: tone(action),
            open: self.open == Some(action) || self.refused.is_some_and(|(refused, _)| refused == action),
            label: w.t(&format!("act-{name}")),
            hint: w.known(&format!("act-{name}-hint"), &[]).unwrap_or_default(),
            fields: self.fields(action),
        }
    }

    fn typed(&self, action: Action, name: &str) -> String {
        let typed =
            self.refused.filter(|(refused, _)| *refused == action).and_then(|(_, typed)| typed.get(name));
        typed.cloned().unwrap_or_default()
    }

    fn words(&self, action: Action, name: &'static str, required: bool) -> Field {
        let label = self.lens.w.t(&format!("field-{name}"));
        Field { name, label, required, kind: Kind::Words { value: self.typed(action, name) } }
    }

    fn choice(
        &self,
        action: Action,
        name: &'static str,
        required: bool,
        options: Vec<(String, String)>,
    ) -> Field {
        let typed = self.typed(action, name);
        let options = options
            .into_iter()
            .map(|(value, label)| Choice { chosen: value == typed, value, label })
            .collect();
        let label = self.lens.w.t(&format!("field-{}", name.replace('_', "-")));
        Field { name, label, required, kind: Kind::Choice { options } }
    }

    fn named(&self, group: &str, names: impl Iterator<Item = &'static str>) -> Vec<(String, String)> {
        names.map(|name| (name.to_owned(), self.lens.w.name(group, name))).collect()
    }

    fn fields(&self, action: Action) -> Vec<Field> {
        let words = |name, required| self.words(action, name, required);
        match action {
            Action::Accept
            | Action::Arrived
            | Action::Late
            | Action::Well
            | Action::Resume
            | Action::ConfirmVoid
            | Action::ConfirmCaller
            | Action::Unmerge => self.second(action),
            Action::Note => vec![words("text", true)],
            Action::PoliceReport => vec![words("reference", true)],
            Action::Handled => vec![words("outcome", true)],
            Action::Redo | Action::Abort | Action::RecallOffers | Action::ToStaff | Action::Reopen => {
                vec![words("reason", true)]
            }
            Action::Withdraw => vec![words("words", true)],
            Action::AssignVolunteer => vec![self.volunteer(action), words("reason", true)],
            Action::AssignInstitution => vec![self.institution(action), words("reason", true)],
            Action::AssignStation | Action::Reassign => vec![self.station(action), words("reason", true)],
            Action::AddCoHandler => {
                vec![self.station(action), words("asked", true), words("reason", true)]
            }
            Action::RemoveCoHandler => vec![self.co_handler(action), words("reason", true)],
            Action::Exclude | Action::Readmit => vec![self.unwanted(action), words("reason", true)],
            Action::Return => {
                let reasons = self.named("reason", ReturnReason::ALL.iter().map(|reason| reason.name()));
                vec![self.choice(action, "return_reason", true, reasons), words("evidence", true)]
            }
            Action::Suspend => {
                let reasons = self.named("reason", SuspendReason::ALL.iter().map(|reason| reason.name()));
                vec![self.choice(action, "suspend_reason", true, reasons), self.resume_at(action)]
            }
            Action::SurveyAnswers => {
                let after = self.named("after-partly", AfterPartly::ALL.iter().map(|choice| choice.name()));
                vec![
                    self.resolved(action),
                    self.choice(action, "after_partly", false, after),
                    self.satisfaction(action),
                    words("words", false),
                ]
            }
            Action::Close => self.closing(action),
            Action::ProposeVoid => {
                let reasons = self.named("reason", VoidReason::ALL.iter().map(|reason| reason.name()));
                vec![self.choice(action, "void_reason", true, reasons), words("note", true)]
            }
            Action::Merge => vec![self.other_ticket(action, "into", true)],
            Action::Supervise => {
                let levels = (1..=3).map(|n| (n.to_string(), self.lens.w.t1("supervision-level", "n", n)));
                vec![self.choice(action, "level", true, levels.collect()), words("note", true)]
            }
            Action::ChangeUrgency => {
                let levels = self.named("urgency", Urgency::ALL.iter().map(|urgency| urgency.name()));
                vec![self.choice(action, "urgency", true, levels), words("reason", true)]
            }
            Action::ChangeCategory => vec![self.category(action), words("reason", true)],
            Action::ChangeWindow => {
                let window = self.view.ticket.window;
                vec![
                    self.moment(action, "from", window.map(|window| window.from)),
                    self.moment(action, "until", window.map(|window| window.until)),
                    words("reason", true),
                ]
            }
            Action::Complete | Action::Dispatch | Action::Explain => vec![],
        }
    }

    /// Where two have to go whoever accepts names the second; nothing else is asked.
    fn second(&self, action: Action) -> Vec<Field> {
        let named = action == Action::Accept && self.view.two_go;
        named.then(|| self.words(action, "second", true)).into_iter().collect()
    }

    fn closing(&self, action: Action) -> Vec<Field> {
        let codes = ClosureCode::ALL.iter().filter(|code| **code != ClosureCode::Withdrawn);
        let codes = self.named("closure", codes.map(|code| code.name()));
        vec![
            self.choice(action, "code", true, codes),
            self.satisfaction(action),
            self.words(action, "words", true),
            self.confirmed_by(action),
            self.words(action, "reference", false),
            self.confirmed_at(action),
            self.other_ticket(action, "duplicate_of", false),
        ]
    }

    fn resolved(&self, action: Action) -> Field {
        let answers = self.named("resolved", Resolved::ALL.iter().map(|answer| answer.name()));
        self.choice(action, "resolved", true, answers)
    }

    fn satisfaction(&self, action: Action) -> Field {
        let answers = self.named("satisfaction", Satisfaction::ALL.iter().map(|answer| answer.name()));
        self.choice(action, "satisfaction", false, answers)
    }

    fn confirmed_by(&self, action: Action) -> Field {
        let who = self.named("confirmer", Confirmer::ALL.iter().map(|who| who.name()));
        self.choice(action, "confirmed_by", false, who)
    }

    fn confirmed_at(&self, action: Action) -> Field {
        let label = self.lens.w.t("field-confirmed-at");
        let value = self.typed(action, "confirmed_at");
        Field { name: "confirmed_at", label, required: false, kind: Kind::Moment { value } }
    }

    fn station(&self, action: Action) -> Field {
        let owner: StationId = self.view.ticket.owner;
        let stations = self
            .lens
            .board
            .places
            .in_order()
            .into_iter()
            .filter(|(_, station)| station.id != owner || action != Action::Reassign);
        let stations = stations.map(|(depth, station)| {
            let against = self.against(action, station).map(|why| format!(" · {why}")).unwrap_or_default();
            (station.id.to_string(), format!("{}{}{against}", "\u{3000}".repeat(depth), station.name))
        });
        self.choice(action, "station", true, stations.collect())
    }

    /// Why the work is not a station's by the catalogue; whoever helps may be any.
    fn against(&self, action: Action, station: &Station) -> Option<String> {
        let ticket = &self.view.ticket;
        let code = ticket.category.as_ref().filter(|_| action != Action::AddCoHandler)?;
        let catalogue = self.lens.app.catalogue();
        let against = authority::against(&catalogue, (code, ticket.area.as_ref()), station)?;
        let (station, tier) = match against {
            NotTheirs::OthersDuty(duty) => (self.lens.board.places.station_name(duty), String::new()),
            NotTheirs::HigherTier(tier) => (String::new(), self.lens.w.name("tier", tier.name())),
            NotTheirs::OtherPlace => (String::new(), String::new()),
        };
        let key = format!("not-theirs-{}", against.name());
        Some(self.lens.w.filled(&key, &[("station", station), ("tier", tier)]))
    }

    /// Those that help with it.
    fn co_handler(&self, action: Action) -> Field {
        let helps = self.view.work.iter().filter(|item| is_co_handlers(item));
        let name = |station| self.lens.board.places.station_name(station);
        let stations = helps.map(|item| (item.station.to_string(), name(item.station)));
        self.choice(action, "station", true, stations.collect())
    }

    /// Those that take such work, as the engine has them.
    fn institution(&self, action: Action) -> Field {
        if let Some(known) = self.institutions {
            return self.choice(action, "facility", true, known.to_vec());
        }
        let from = format!("/tickets/{}/institutions", self.view.ticket.number);
        let label = self.lens.w.t("field-facility");
        Field { name: "facility", label, required: true, kind: Kind::Asked { from } }
    }

    fn category(&self, action: Action) -> Field {
        let catalogue = self.lens.app.catalogue();
        let categories = catalogue
            .categories
            .keys()
            .map(|code| (code.to_string(), format!("{code} {}", self.lens.category(Some(code)))));
        self.choice(action, "category", true, categories.collect())
    }

    fn volunteer(&self, action: Action) -> Field {
        /// Volunteers shown to pick from; any badge may be typed.
        const NEAR: usize = 8;
        let near = self.view.near.iter().take(NEAR).map(|found| {
            let asked = self.view.offers.iter().find(|offer| offer.volunteer == found.id);
            let stands = match asked {
                Some(offer) => self.lens.w.name("offer", offer.state.name()),
                None => self.lens.w.name("duty", found.duty.name()),
            };
            Choice {
                value: format!("{:05}", found.id.0),
                label: format!("{} · {stands}", found.name.as_deref().unwrap_or("–")),
                chosen: false,
            }
        });
        self.badge(action, near.collect())
    }

    /// A volunteer, picked or typed.
    fn badge(&self, action: Action, near: Vec<Choice>) -> Field {
        Field {
            name: "volunteer",
            label: self.lens.w.t("field-volunteer"),
            required: true,
            kind: Kind::Suggested { value: self.typed(action, "volunteer"), near },
        }
    }

    /// Those who were sent, or those who are not wanted.
    fn unwanted(&self, action: Action) -> Field {
        let all: BTreeSet<VolunteerId> = if action == Action::Readmit {
            self.view.excluded.iter().copied().collect()
        } else {
            let sent = self.view.assignments.iter().filter_map(|visit| visit.volunteer);
            sent.filter(|id| !self.view.excluded.contains(id)).collect()
        };
        let near = all.into_iter().map(|id| Choice {
            value: format!("{:05}", id.0),
            label: self.view.names.volunteer(id),
            chosen: false,
        });
        self.badge(action, near.collect())
    }

    fn resume_at(&self, action: Action) -> Field {
        let tomorrow = self.lens.now + std::time::Duration::from_secs(24 * 3_600);
        self.moment(action, "resume_at", Some(tomorrow))
    }

    /// A day and hour, with a likely one filled in.
    fn moment(&self, action: Action, name: &'static str, likely: Option<Timestamp>) -> Field {
        let typed = self.typed(action, name);
        let likely = likely.map(|at| self.lens.zone().local(at)).unwrap_or_default();
        let value = if typed.is_empty() { likely } else { typed };
        let label = self.lens.w.t(&format!("field-{}", name.replace('_', "-")));
        Field { name, label, required: true, kind: Kind::Moment { value } }
    }

    /// The caller's other open tickets are offered; any number may be typed.
    fn other_ticket(&self, action: Action, name: &'static str, required: bool) -> Field {
        let others = self.view.others.iter().filter(|other| other.state.is_open());
        let near: Vec<Choice> = others
            .map(|other| Choice {
                value: other.number.to_string(),
                label: self.lens.category(other.category.as_ref()),
                chosen: false,
            })
            .collect();
        Field {
            name,
            label: self.lens.w.t(&format!("field-{}", name.replace('_', "-"))),
            required,
            kind: Kind::Suggested { value: self.typed(action, name), near },
        }
    }
}

fn tone(action: Action) -> &'static str {
    match action {
        Action::Accept
        | Action::Arrived
        | Action::Well
        | Action::Handled
        | Action::SurveyAnswers
        | Action::Close
        | Action::Dispatch
        | Action::Resume => "is-main",
        Action::Withdraw | Action::ProposeVoid | Action::ConfirmVoid | Action::Abort => "is-grave",
        Action::Redo
        | Action::Late
        | Action::Note
        | Action::PoliceReport
        | Action::ConfirmCaller
        | Action::AssignVolunteer
        | Action::AssignStation
        | Action::AssignInstitution
        | Action::ToStaff
        | Action::RecallOffers
        | Action::Reassign
        | Action::AddCoHandler
        | Action::RemoveCoHandler
        | Action::Return
        | Action::Suspend
        | Action::Reopen
        | Action::ChangeUrgency
        | Action::ChangeCategory
        | Action::ChangeWindow
        | Action::Supervise
        | Action::Exclude
        | Action::Readmit
        | Action::Merge
        | Action::Unmerge
        | Action::Complete
        | Action::Explain => "",
    }
}
