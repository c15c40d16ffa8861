//! The line's own telephones: where they are is told to whoever keeps it, and to the desk whether there is any.

use std::collections::{BTreeMap, BTreeSet};

use crossbeam_channel::Sender;

use super::Switchboard;
use crate::desk::event::PhoneEvent;
use crate::domain::extension::{Extension, PhoneAccount, PhoneBinding};

/// What the registrar is opened with.
#[derive(Debug)]
pub struct Registry {
    pub accounts: Vec<PhoneAccount>,
    /// Where telephones were before a restart.
    pub bindings: Vec<PhoneBinding>,
    /// Told of every change, so that it is known after the next restart.
    pub moved: Sender<Moved>,
}

/// Where the telephones of an extension are from now on: all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub extension: Extension,
    pub bindings: Vec<PhoneBinding>,
}

/// What others have still to be told: at most one thing an extension.
#[derive(Default)]
pub(super) struct News {
    /// What the desk was told last.
    said: BTreeMap<Extension, bool>,
    to_say: BTreeSet<Extension>,
    to_keep: BTreeSet<Extension>,
    moved: Option<Sender<Moved>>,
}

impl News {
    pub(super) fn is_empty(&self) -> bool {
        self.to_say.is_empty() && self.to_keep.is_empty()
    }
}

impl Switchboard {
    pub(super) fn open_registrar(&mut self, registry: Registry) {
        let Registry { accounts, bindings, moved } = registry;
        self.news.moved = Some(moved);
        self.has.stack.open_registrar(accounts, bindings);
    }

    pub(super) fn phones_moved(&mut self, extensions: Vec<Extension>) {
        self.news.to_keep.extend(extensions.iter().cloned());
        self.news.to_say.extend(extensions);
        self.tell_of_phones();
    }

    /// Tells what there is room for; the rest is tried again.
    pub(super) fn tell_of_phones(&mut self) {
        while let Some(extension) = self.news.to_say.first().cloned() {
            let reachable = !self.has.stack.bindings_of(&extension).is_empty();
            let said = self.news.said.get(&extension).copied().unwrap_or_default();
            let event = PhoneEvent::PhoneReachable { extension: extension.clone(), reachable };
            if said != reachable && self.has.desk.try_send(event).is_err() {
                break;
            }
            self.news.to_say.remove(&extension);
            self.news.said.insert(extension, reachable);
        }
        while let Some(extension) = self.news.to_keep.first().cloned() {
            let bindings = self.has.stack.bindings_of(&extension).to_vec();
            let full = |moved: &Sender<Moved>| {
                moved
                    .try_send(Moved { extension: extension.clone(), bindings })
                    .is_err_and(|error| error.is_full())
            };
            if self.news.moved.as_ref().is_some_and(full) {
                break;
            }
            self.news.to_keep.remove(&extension);
        }
    }
}
