//! What protects one leg's sound.

use crate::rtp::srtp::{Keys, Opener, Protector};

#[derive(Debug)]
pub struct Secure {
    pub protector: Protector,
    pub opener: Opener,
}

impl Secure {
    fn new(keys: &Keys) -> Self {
        let protector = Protector::new(keys.suite, &keys.ours);
        Self { protector, opener: Opener::new(keys.suite, &keys.theirs) }
    }

    /// Takes what was agreed now in the place of what was before. Of the same keys the counts go on.
    pub fn agree(secure: &mut Option<Box<Self>>, before: Option<Keys>, now: Option<Keys>) {
        if before == now {
            return;
        }
        match (now, secure) {
            (None, secure) => *secure = None,
            (Some(keys), Some(secure)) => {
                secure.protector.rekey(keys.suite, &keys.ours);
                secure.opener.rekey(keys.suite, &keys.theirs);
            }
            (Some(keys), secure) => *secure = Some(Box::new(Self::new(&keys))),
        }
    }
}
