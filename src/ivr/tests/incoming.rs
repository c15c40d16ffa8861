//! Somebody rings.

use expect_test::expect;

use super::script::{Rehearsal, check, resident};

#[test]
fn a_resident_gets_a_meal_by_three_keys_and_hears_the_number() {
    check(
        Rehearsal::incoming(resident()),
        "
        keys 1 1 1 1
        committed 260501-014-0007 by text
        heard
        silence
        heard
        ",
        &expect![[r#"
              say zh: greeting recording-notice label-person press-0 label-elderly press-1 label-disability press-2 label-children press-3 label-hardship press-4 label-household press-5 label-emergency press-9 for-english label-again press-star
            keys 1 1 1 1
              say zh: which-help category-ELD-02 press-1 category-ELD-05 press-2 category-ELD-01 press-3 category-ELD-07 press-4 category-ELD-08 press-5 label-person press-0
              say zh: label-registered-home press-1 label-other-place press-2 label-person press-0
              say zh: may-we-ask label-yes press-1 label-no press-2
              => ticket ELD-02 RegisteredHome, no recording, survey yes, zh, own
              say zh: registering
            committed 260501-014-0007 by text
              say zh: ticket-number-is 2 6 0 , 5 0 1 , 0 1 4 , 0 0 0 7 also-by-text label-again press-star
            heard
            silence
              say zh: goodbye
            heard
              hang up
            (over)
        "#]],
    );
}
