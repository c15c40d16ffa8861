//! Every spelling of DOMAIN §5, and what must never be taken for a yes.

use proptest::prelude::*;

use super::*;

fn order(verb: Verb, code: Option<u16>) -> Reply {
    Reply::Order { verb, code: code.map(ReplyCode) }
}

#[track_caller]
fn all_say(texts: &[&str], reply: Reply) {
    for text in texts {
        assert_eq!(parse(text), reply, "{text:?}");
    }
}

#[test]
fn a_yes_in_every_spelling_is_a_yes() {
    all_say(
        &[
            "1",
            "1 ",
            " 1",
            "1",
            "①",
            "1️⃣",
            "1。",
            "「1」",
            "接",
            "接单",
            "我接",
            "yes",
            "YES",
            "Yes!",
            "yes",
            "1接单",
            "1 接单",
            "回1",
            "1\n",
            "好的 1",
            "1,谢谢",
            "回1接",
            "1\u{200b}",
            "+1",
        ],
        order(Verb::Accept, None),
    );
}

#[test]
fn a_yes_with_its_code_is_read_in_either_order() {
    all_say(
        &[
            "371",
            "371",
            "37 1",
            "1 37",
            "1,37",
            "37-1",
            "37:1",
            "37单1",
            "37 单 1",
            "37号1",
            "邀单37 1",
            "37接",
            "接37",
            "接单37",
            "我接37单",
            "37 yes",
            "yes37",
            "37 接单",
            "37 1",
            "371接单",
        ],
        order(Verb::Accept, Some(37)),
    );
}

#[test]
fn a_no_in_every_spelling_is_a_no() {
    all_say(
        &[
            "2",
            "2",
            "拒",
            "拒绝",
            "不",
            "不接",
            "不接了",
            "不接单",
            "no",
            "NO.",
            "2拒",
            "去不了",
            "不行",
            "2 不接",
        ],
        order(Verb::Decline, None),
    );
    all_say(&["372", "37 2", "2 37", "37拒", "不接37", "37单2", "237拒"], order(Verb::Decline, Some(37)));
}

#[test]
fn the_visit_is_told_by_number_or_word() {
    all_say(&["9", "完成", "已完成", "9完成", "9。", "完成了"], order(Verb::Done, None));
    all_say(&["8", "到", "到了", "8到", "我到了"], order(Verb::Arrived, None));
    all_say(&["7", "晚", "晚到", "7 晚"], order(Verb::Late, None));
    all_say(&["0", "人工", "0"], order(Verb::Person, None));
    all_say(&["42 9", "9 42", "42完成", "42单9"], order(Verb::Done, Some(42)));
}

#[test]
fn words_that_stand_for_themselves() {
    all_say(&["退订", "TD", "td", "TD", "STOP", "stop.", "退订 37"], Reply::OptOut);
    all_say(&["上班", "上班了", " 上班!"], Reply::OnDuty);
    all_say(&["下班", "下班了"], Reply::OffDuty);
    all_say(&["A", "a", "A", "选A", "A。"], Reply::Letter(Letter::A));
    all_say(&["B"], Reply::Letter(Letter::B));
    all_say(&["c"], Reply::Letter(Letter::C));
    all_say(&["重办", "重办!", "回重办"], Reply::Wish { wish: Wish::Redo, number: None });
    all_say(&["撤回"], Reply::Wish { wish: Wish::Withdraw, number: None });
    all_say(&["进度", "查进度", "进度?"], Reply::Wish { wish: Wish::Progress, number: None });
}

#[test]
fn a_resident_may_name_the_ticket() {
    let number = TicketNumber::parse("260501-014-0007").ok();
    all_say(
        &["进度260501-014-0007", "进度 2605010140007", "260501 014 0007 进度", "260501-014-0007进度"],
        Reply::Wish { wish: Wish::Progress, number },
    );
    all_say(&["260501-014-0007", "2605010140007", "进度 260501-014", "进度 0007", "1 0007"], Reply::Unknown);
}

#[test]
fn good_is_never_a_yes() {
    all_say(
        &["好", "好的", "可以", "行", "ok", "OK", "ok", "嗯", "收到", "好,谢谢"],
        Reply::SoftYes { code: None },
    );
    all_say(&["37 好", "37可以"], Reply::SoftYes { code: Some(ReplyCode(37)) });
}

#[test]
fn a_question_is_never_a_yes() {
    all_say(&["1?", "1?", "接吗", "接单?"], Reply::SoftYes { code: None });
    all_say(&["37 1?"], Reply::SoftYes { code: Some(ReplyCode(37)) });
    all_say(&["2?", "9?", "371?137?", "?", "137?"], Reply::Unknown);
}

#[test]
fn three_digits_that_read_both_ways_are_not_guessed() {
    assert_eq!(
        parse("137"),
        Reply::TwoWays { first: (ReplyCode(13), Verb::Late), second: (ReplyCode(37), Verb::Accept) }
    );
    // A word beside them settles it.
    assert_eq!(parse("137接"), order(Verb::Accept, Some(37)));
    assert_eq!(parse("137晚"), order(Verb::Late, Some(13)));
    assert_eq!(parse("111"), order(Verb::Accept, Some(11)));
}

#[test]
fn what_contradicts_itself_or_says_more_than_we_know_is_unknown() {
    all_say(
        &[
            "",
            " ",
            "。",
            "3",
            "5",
            "01",
            "12345",
            "2712",
            "2711",
            "13800000001",
            "1 2",
            "1、2",
            "1接2拒",
            "37 42 1",
            "接不接",
            "1不接",
            "接单不行",
            "不好",
            "可以不接",
            "好,不接",
            "没接",
            "别接",
            "到不了",
            "还没到",
            "8点到",
            "晚8点",
            "1小时",
            "1个人",
            "1点",
            "2人",
            "1.5",
            "1退订",
            "上班 1",
            "A1",
            "AB",
            "A 重办",
            "重办 撤回",
            "t",
            "y",
            "yesterday",
            "note",
            "nothing",
            "您打错了",
            "谢谢",
            "👍",
            "1👎",
            "¹²³⁴⁵",
            "335",
            "1%",
        ],
        Reply::Unknown,
    );
    assert_eq!(parse("37单"), Reply::OnlyCode(ReplyCode(37)));
    assert_eq!(parse("37"), Reply::OnlyCode(ReplyCode(37)));
    assert_eq!(parse("12"), Reply::OnlyCode(ReplyCode(12)));
}

#[test]
fn our_own_offer_sent_back_is_not_an_answer() {
    let offer = "【社区服务】邀单 37:四方街道 助餐 今天16-18时 约1小时。回1接2拒,或致电83721234。";
    all_say(&[offer, &format!("{offer}1")], Reply::Unknown);
}

proptest! {
    #[test]
    fn no_text_can_harm_the_reader(text in "\\PC{0,80}") {
        parse(&text);
    }

    /// Digits alone are an acceptance only as `1`, `CC1`, `1CC`: more digits never are.
    #[test]
    fn a_run_of_digits_is_a_yes_in_four_shapes_only(digits in "[0-9]{1,14}") {
        let yes = match parse(&digits) {
            Reply::Order { verb, .. } => verb == Verb::Accept,
            Reply::TwoWays { first, second } => first.1 == Verb::Accept || second.1 == Verb::Accept,
            Reply::OnlyCode(_) | Reply::SoftYes { .. } | Reply::OnDuty | Reply::OffDuty | Reply::OptOut
            | Reply::Wish { .. } | Reply::Letter(_) | Reply::Unknown => false,
        };
        prop_assert!(!yes || digits == "1" || (matches!(digits.len(), 3 | 5) && (digits.starts_with('1') || digits.ends_with('1'))));
    }

    /// Whatever stands beside it, a text with a word of refusal in it is never an acceptance.
    #[test]
    fn a_refusal_is_never_a_yes(before in "[0-9接好单 ]{0,6}", no in "(不|拒|no|不接|没)", after in "[0-9接好单 ]{0,6}") {
        let text = format!("{before}{no}{after}");
        let yes = matches!(parse(&text), Reply::Order { verb: Verb::Accept, .. });
        prop_assert!(!yes, "{}", text);
    }
}

#[test]
fn a_task_is_answered_by_its_four_digits_in_any_order_and_width() {
    for text in
        ["4123 1", "41231", "1 4123", "14123", "４１２３　１", "4123接", "4123 签收", "4123, 1", "签收 4123"]
    {
        assert_eq!(parse(text), order(Verb::Accept, Some(4_123)), "{text}");
    }
    assert_eq!(parse("4123 2"), order(Verb::Decline, Some(4_123)));
    assert_eq!(parse("41239"), order(Verb::Done, Some(4_123)));
    assert_eq!(parse("4123"), Reply::OnlyCode(ReplyCode(4_123)));
    assert_eq!(parse("4123 好的"), Reply::SoftYes { code: Some(ReplyCode(4_123)) });
    for text in ["4123 4124 1", "37 4123 1", "4123 1 2", "1234 1", "41233", "7123 1"] {
        assert_eq!(parse(text), Reply::Unknown, "{text}");
    }
}
