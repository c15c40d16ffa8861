//! What differs between two texts, line by line: for whoever compares versions of settings.

/// Lines that are compared at most: the work grows with their square.
const LINES: usize = 4_000;

/// Lines only in `old` with `-`, only in `new` with `+`, each with its number, in the order of the texts.
///
/// A longest common subsequence of what lies between the first and the last line that differ. Beyond `LINES` of
/// either everything in between is told as gone and new.
pub fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    if old.len() > LINES || new.len() > LINES {
        let gone = old.iter().enumerate().map(|(at, line)| format!("-{}: {line}\n", head + at + 1));
        let come = new.iter().enumerate().map(|(at, line)| format!("+{}: {line}\n", head + at + 1));
        return gone.chain(come).collect();
    }
    let width = new.len() + 1;
    // common[i * width + j]: lines that old[i..] and new[j..] share in order.
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i * width + j] = if old[i] == new[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut shown) = (0, 0, String::new());
    while i < old.len() || j < new.len() {
        let same = i < old.len() && j < new.len() && old[i] == new[j];
        let drop_first =
            j == new.len() || i < old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1];
        if same {
            (i, j) = (i + 1, j + 1);
        } else if drop_first {
            shown.push_str(&format!("-{}: {}\n", head + i + 1, old[i]));
            i += 1;
        } else {
            shown.push_str(&format!("+{}: {}\n", head + j + 1, new[j]));
            j += 1;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_goes_and_what_comes_by_line() {
        assert_eq!(difference("a\nb\nc\n", "a\nc\nd\n"), "-2: b\n+3: d\n");
        assert_eq!(difference("a\n", "a\n"), "");
        assert_eq!(difference("", "a\nb\n"), "+1: a\n+2: b\n");
        assert_eq!(difference("x\ny\na\nb\nz\n", "x\ny\nb\nz\n"), "-3: a\n", "numbers count from the top");
        let long = "l\n".repeat(LINES + 1);
        assert!(difference(&format!("a\n{long}b\n"), "c\n").ends_with("+1: c\n"), "a long text ends too");
    }
}
