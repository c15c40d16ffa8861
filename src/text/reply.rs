//! The grammar of replies: what a text from a volunteer or a resident says, whoever it is about.
//!
//! Cautious by design. A text is taken for an order only when every character of it is understood and
//! nothing in it contradicts: a wrong yes sends somebody to a stranger's door, an unread one costs a
//! question. Which offer is meant is `meaning`'s business.

use unicode_normalization::UnicodeNormalization;

use crate::domain::names::named_enum;
use crate::domain::offer::ReplyCode;
use crate::domain::ticket_number::TicketNumber;

/// Characters looked at: an order is short, and a long text is for a person to read.
const MAX_CHARS: usize = 60;
/// Digits of a ticket number.
const TICKET_DIGITS: usize = 13;

named_enum! {
    /// What a volunteer may say about one offer or visit.
    pub enum Verb {
        /// 1, 接, yes.
        Accept = "accept",
        /// 2, 拒, 不, no.
        Decline = "decline",
        /// 9, 完成.
        Done = "done",
        /// 8, 到.
        Arrived = "arrived",
        /// 7, 晚: half an hour late.
        Late = "late",
        /// 0: a person of the station rings back.
        Person = "person",
    }
}

impl Verb {
    pub(super) fn from_digit(digit: u8) -> Option<Self> {
        match digit {
            b'0' => Some(Self::Person),
            b'1' => Some(Self::Accept),
            b'2' => Some(Self::Decline),
            b'7' => Some(Self::Late),
            b'8' => Some(Self::Arrived),
            b'9' => Some(Self::Done),
            _ => None,
        }
    }
}

named_enum! {
    /// What a resident may ask of their ticket.
    pub enum Wish {
        /// 重办.
        Redo = "redo",
        /// 撤回.
        Withdraw = "withdraw",
        /// 进度.
        Progress = "progress",
    }
}

named_enum! {
    /// A survey's answers: letters, because digits belong to offers.
    pub enum Letter {
        A = "a",
        B = "b",
        C = "c",
    }
}

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Order {
        verb: Verb,
        code: Option<ReplyCode>,
    },
    /// Three joined digits that read both ways: `137` is a yes to 37 or "late" for 13.
    TwoWays {
        first: (ReplyCode, Verb),
        second: (ReplyCode, Verb),
    },
    /// A code and nothing said about it.
    OnlyCode(ReplyCode),
    /// 好, 可以, 行, ok, or a yes with a question mark: answered "please send 1 or 2", never a yes.
    SoftYes {
        code: Option<ReplyCode>,
    },
    /// 上班.
    OnDuty,
    /// 下班.
    OffDuty,
    /// 退订, TD, STOP.
    OptOut,
    /// 重办, 撤回, 进度, with the ticket's number when it was written.
    Wish {
        wish: Wish,
        number: Option<TicketNumber>,
    },
    Letter(Letter),
    /// For the help text and the station's inbox.
    Unknown,
}

/// Reads a text.
pub fn parse(text: &str) -> Reply {
    let Some(pieces) = cut(text) else { return Reply::Unknown };
    let mut said = Said::default();
    for piece in &pieces {
        if !said.hear(piece) {
            return Reply::Unknown;
        }
    }
    said.conclude().unwrap_or(Reply::Unknown)
}

/// One piece of a text: a run of digits, or a word of the lexicon.
#[derive(Debug)]
enum Piece {
    Digits(String),
    Word(Sense),
    Question,
}

/// What a word of the lexicon means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Verb(Verb),
    SoftYes,
    OnDuty,
    OffDuty,
    OptOut,
    Wish(Wish),
    Letter(Letter),
    Question,
    /// Politeness and labels: 单, 号, 谢谢.
    Nothing,
}

/// Every word that is understood; the longest that fits is taken, so 不接 is never 接.
#[rustfmt::skip]
const LEXICON: &[(Sense, &[&str])] = &[
    (Sense::Verb(Verb::Accept), &["接", "接单", "我接", "我接单", "接收", "签收", "yes"]),
    (Sense::Verb(Verb::Decline), &[
        "拒", "拒绝", "拒单", "不", "不接", "不接单", "不去", "不能", "不能去", "不能接", "不行", "不可以", "去不了",
        "接不了", "没空", "没时间", "退", "退回", "退单", "no",
    ]),
    (Sense::Verb(Verb::Done), &["完成", "已完成", "办完", "已办完", "办结", "已办结", "done"]),
    (Sense::Verb(Verb::Arrived), &["到", "到了", "已到", "到达", "已到达", "我到了"]),
    (Sense::Verb(Verb::Late), &["晚", "晚到", "迟到", "会晚到"]),
    (Sense::Verb(Verb::Person), &["人工", "转人工"]),
    (Sense::SoftYes, &["好", "好的", "好吧", "可以", "可以的", "行", "行的", "ok", "okay", "嗯", "收到"]),
    (Sense::OnDuty, &["上班"]),
    (Sense::OffDuty, &["下班"]),
    (Sense::OptOut, &["退订", "td", "stop"]),
    (Sense::Wish(Wish::Redo), &["重办"]),
    (Sense::Wish(Wish::Withdraw), &["撤回"]),
    (Sense::Wish(Wish::Progress), &["进度", "查进度"]),
    (Sense::Letter(Letter::A), &["a"]),
    (Sense::Letter(Letter::B), &["b"]),
    (Sense::Letter(Letter::C), &["c"]),
    (Sense::Question, &["吗", "么", "嘛", "呢"]),
    (Sense::Nothing, &[
        "单", "号", "号单", "邀单", "工单", "编号", "回", "回复", "选", "了", "谢谢", "谢谢您", "谢谢你", "您好", "你好",
    ]),
];

/// Marks that may stand anywhere and say nothing.
pub(super) const MARKS: &str = ",.。、;:!~-_+*/()[]{}<>«»《》【】「」“”‘’\"'`·…—#@";

/// Normalises (NFKC: full width, circled digits) and cuts into pieces; nothing when some character or
/// word is not understood, or the text is too long to be an order.
fn cut(text: &str) -> Option<Vec<Piece>> {
    if text.chars().nth(MAX_CHARS).is_some() {
        return None;
    }
    let plain: Vec<char> = text.nfkc().flat_map(char::to_lowercase).filter(|c| !is_invisible(*c)).collect();
    let mut pieces = Vec::new();
    let mut rest = plain.as_slice();
    while let Some(c) = rest.first() {
        let taken = if c.is_ascii_digit() {
            let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
            let taken = digits.len();
            pieces.push(Piece::Digits(digits));
            taken
        } else if *c == '?' {
            pieces.push(Piece::Question);
            1
        } else if c.is_whitespace() || MARKS.contains(*c) {
            1
        } else {
            let (sense, taken) = longest_word(rest)?;
            match sense {
                Sense::Nothing => {}
                Sense::Question => pieces.push(Piece::Question),
                Sense::Verb(_)
                | Sense::SoftYes
                | Sense::OnDuty
                | Sense::OffDuty
                | Sense::OptOut
                | Sense::Wish(_)
                | Sense::Letter(_) => pieces.push(Piece::Word(sense)),
            }
            taken
        };
        rest = &rest[taken..];
    }
    Some(pieces)
}

/// Zero-width characters, the byte order mark, and what makes a digit an emoji (1️⃣).
pub(super) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe0e}' | '\u{fe0f}' | '\u{20e3}' | '\0'
    )
}

/// The longest word of the lexicon at the start; a Latin word must end where its letters end.
fn longest_word(rest: &[char]) -> Option<(Sense, usize)> {
    let latin = rest.iter().take_while(|c| c.is_alphabetic() && c.is_ascii()).count();
    let mut best: Option<(Sense, usize)> = None;
    for (sense, words) in LEXICON {
        for word in *words {
            let length = word.chars().count();
            let fits = word.chars().eq(rest.iter().take(length).copied()) && (latin == 0 || latin == length);
            if fits && best.is_none_or(|(_, longest)| length > longest) {
                best = Some((*sense, length));
            }
        }
    }
    best
}

/// The verb that a text begins with as a word, and how many characters it takes.
pub(super) fn leading_verb(rest: &[char]) -> Option<(Verb, usize)> {
    match longest_word(rest)? {
        (Sense::Verb(verb), taken) => Some((verb, taken)),
        (
            Sense::SoftYes
            | Sense::OnDuty
            | Sense::OffDuty
            | Sense::OptOut
            | Sense::Wish(_)
            | Sense::Letter(_)
            | Sense::Question
            | Sense::Nothing,
            _,
        ) => None,
    }
}

/// What has been heard so far.
#[derive(Debug, Default)]
struct Said {
    verb: Option<Verb>,
    code: Option<ReplyCode>,
    two_ways: Option<((ReplyCode, Verb), (ReplyCode, Verb))>,
    number: Option<TicketNumber>,
    /// Digits of a ticket number written with dashes or spaces: 6, 3 and 4.
    pieces_of_number: String,
    soft: bool,
    question: bool,
    other: Option<Sense>,
}

impl Said {
    /// Takes in one piece; false when it contradicts what was heard before or makes no sense.
    fn hear(&mut self, piece: &Piece) -> bool {
        match piece {
            Piece::Digits(digits) => self.hear_digits(digits),
            Piece::Question => {
                self.question = true;
                true
            }
            Piece::Word(Sense::Verb(verb)) => self.hear_verb(*verb),
            Piece::Word(Sense::SoftYes) => {
                self.soft = true;
                true
            }
            Piece::Word(Sense::Nothing | Sense::Question) => true,
            Piece::Word(
                sense @ (Sense::OnDuty | Sense::OffDuty | Sense::OptOut | Sense::Wish(_) | Sense::Letter(_)),
            ) => self.other.replace(*sense).is_none_or(|before| before == *sense),
        }
    }

    fn hear_verb(&mut self, verb: Verb) -> bool {
        self.verb.replace(verb).is_none_or(|before| before == verb)
    }

    fn hear_code(&mut self, code: ReplyCode) -> bool {
        self.code.replace(code).is_none_or(|before| before == code)
    }

    /// One digit is a verb, two or four a code, three or five a code and a verb in either order, thirteen a ticket.
    fn hear_digits(&mut self, digits: &str) -> bool {
        match *digits.as_bytes() {
            [verb] => Verb::from_digit(verb).is_some_and(|verb| self.hear_verb(verb)),
            [a, b, c, d, e] => task_and_verb([a, b, c, d, e])
                .is_some_and(|(code, verb)| self.hear_code(code) && self.hear_verb(verb)),
            [tens, ones] => code(tens, ones).is_some_and(|code| self.hear_code(code)),
            [a, b, c] => {
                self.pieces_of_number.push_str(digits);
                let leading = code(a, b).zip(Verb::from_digit(c));
                let trailing = code(b, c).zip(Verb::from_digit(a));
                match (leading, trailing) {
                    (Some(first), Some(second)) => self.two_ways.replace((first, second)).is_none(),
                    (Some((code, verb)), None) | (None, Some((code, verb))) => {
                        self.hear_code(code) && self.hear_verb(verb)
                    }
                    // Perhaps the station's digits of a ticket number: `conclude` looks.
                    (None, None) => true,
                }
            }
            // A ticket number or pieces of it; four may be a task's code instead: `conclude` looks.
            [..] if matches!(digits.len(), 4 | 6 | TICKET_DIGITS) => {
                self.pieces_of_number.push_str(digits);
                true
            }
            [..] => false,
        }
    }

    fn conclude(mut self) -> Option<Reply> {
        if self.pieces_of_number.len() == 4 {
            let code = task(self.pieces_of_number.as_bytes())?;
            self.pieces_of_number.clear();
            if !self.hear_code(code) {
                return None;
            }
        }
        if !self.pieces_of_number.is_empty() && self.pieces_of_number.len() != 3 {
            // Whatever its middle looked like, the digits were a ticket's.
            self.number = Some(TicketNumber::parse(&self.pieces_of_number).ok()?);
            let Some(Sense::Wish(wish)) = self.other else { return None };
            return (!self.soft).then_some(Reply::Wish { wish, number: self.number });
        }
        if let Some(sense) = self.other {
            return self.conclude_word(sense);
        }
        if let Some((first, second)) = self.two_ways {
            return self.conclude_two_ways(first, second);
        }
        match (self.verb, self.code) {
            (Some(Verb::Accept), code) if self.question => Some(Reply::SoftYes { code }),
            (Some(Verb::Decline), _) if self.soft || self.question => None,
            (Some(_), _) if self.question => None,
            (Some(verb), code) => Some(Reply::Order { verb, code }),
            (None, code) if self.soft => Some(Reply::SoftYes { code }),
            (None, Some(code)) if !self.question => Some(Reply::OnlyCode(code)),
            (None, Some(_) | None) => None,
        }
    }

    /// A word that stands for itself bears no verb beside it.
    fn conclude_word(&self, sense: Sense) -> Option<Reply> {
        // Asking for the progress is a question by nature; the others are not asked.
        let asked = self.question && sense != Sense::Wish(Wish::Progress);
        if self.verb.is_some() || self.two_ways.is_some() || self.soft || asked {
            return None;
        }
        match sense {
            Sense::OptOut => Some(Reply::OptOut),
            Sense::OnDuty if self.code.is_none() => Some(Reply::OnDuty),
            Sense::OffDuty if self.code.is_none() => Some(Reply::OffDuty),
            Sense::Wish(wish) if self.code.is_none() => Some(Reply::Wish { wish, number: None }),
            Sense::Letter(letter) if self.code.is_none() => Some(Reply::Letter(letter)),
            Sense::OnDuty
            | Sense::OffDuty
            | Sense::Wish(_)
            | Sense::Letter(_)
            | Sense::Verb(_)
            | Sense::SoftYes
            | Sense::Question
            | Sense::Nothing => None,
        }
    }

    /// A word or code beside the three digits may settle which way they read.
    fn conclude_two_ways(&self, first: (ReplyCode, Verb), second: (ReplyCode, Verb)) -> Option<Reply> {
        if self.question {
            return None;
        }
        let agrees = |(code, verb): (ReplyCode, Verb)| {
            self.verb.is_none_or(|v| v == verb) && self.code.is_none_or(|c| c == code)
        };
        match (agrees(first), agrees(second)) {
            (true, true) if first == second => Some(Reply::Order { verb: first.1, code: Some(first.0) }),
            (true, true) => Some(Reply::TwoWays { first, second }),
            (true, false) => Some(Reply::Order { verb: first.1, code: Some(first.0) }),
            (false, true) => Some(Reply::Order { verb: second.1, code: Some(second.0) }),
            (false, false) => None,
        }
    }
}

/// Two digits as an offer's code, 10 to 99.
fn code(tens: u8, ones: u8) -> Option<ReplyCode> {
    number(&[tens, ones]).filter(|code| ReplyCode::OFFERS.contains(&code.0))
}

/// Four digits as a task's code.
pub(super) fn task(digits: &[u8]) -> Option<ReplyCode> {
    number(digits).filter(|code| digits.len() == 4 && ReplyCode::TASKS.contains(&code.0))
}

/// Five digits as a task's code and a verb, in either order: the code begins with no digit that is a verb, so never both.
pub(super) fn task_and_verb([a, b, c, d, e]: [u8; 5]) -> Option<(ReplyCode, Verb)> {
    let leading = task(&[a, b, c, d]).zip(Verb::from_digit(e));
    let trailing = task(&[b, c, d, e]).zip(Verb::from_digit(a));
    leading.or(trailing)
}

fn number(digits: &[u8]) -> Option<ReplyCode> {
    std::str::from_utf8(digits).ok()?.parse().ok().map(ReplyCode)
}

#[cfg(test)]
mod tests;
