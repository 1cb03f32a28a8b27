//! Whether a text is a timestamp to go-yaml v2 (`resolve.go`, `parseTimestamp`): only asked for
//! `!!timestamp`, whose value stays the text.

/// One of Go's layouts `2006-1-2`, `2006-1-2 15:4:5.999999999` and
/// `2006-1-2T15:4:5.999999999Z07:00` (also with a lower-case `t`).
pub(crate) fn is_timestamp(text: &str) -> bool {
    let mut rest = Cursor(text.as_bytes());
    let Some((year, month, day)) = rest.date() else { return false };
    if day < 1 || day > days_in(month, year) {
        return false;
    }
    match rest.0 {
        [] => true,
        [b' ', ..] => {
            // Go lets any number of blanks match the layout's one.
            while rest.accept(b' ') {}
            rest.time().is_some() && rest.0.is_empty()
        }
        [b'T' | b't', ..] => {
            rest.0 = &rest.0[1..];
            rest.time().is_some() && rest.zone().is_some() && rest.0.is_empty()
        }
        _ => false,
    }
}

fn days_in(month: u32, year: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn date(&mut self) -> Option<(u32, u32, u32)> {
        let year = self.number(4, 4)?;
        self.expect(b'-')?;
        let month = self.number(1, 2).filter(|month| (1..=12).contains(month))?;
        self.expect(b'-')?;
        Some((year, month, self.number(1, 2)?))
    }

    fn time(&mut self) -> Option<()> {
        self.number(1, 2).filter(|&hour| hour < 24)?;
        self.expect(b':')?;
        self.number(1, 2).filter(|&minute| minute < 60)?;
        self.expect(b':')?;
        self.number(1, 2).filter(|&second| second < 60)?;
        if let [b'.' | b',', b'0'..=b'9', ..] = self.0 {
            self.0 = &self.0[1..];
            let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
            self.0 = &self.0[digits..];
        }
        Some(())
    }

    /// `Z` or `+07:00`.
    fn zone(&mut self) -> Option<()> {
        if self.accept(b'Z') {
            return Some(());
        }
        if !self.accept(b'+') {
            self.expect(b'-')?;
        }
        self.number(2, 2).filter(|&hours| hours <= 24)?;
        self.expect(b':')?;
        self.number(2, 2).filter(|&minutes| minutes <= 60)?;
        Some(())
    }

    /// A number of `least` to `most` digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |value, &digit| value * 10 + u32::from(digit - b'0')))
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_timestamp;

    #[test]
    fn timestamps() {
        let yes = [
            "2001-12-14",
            "2001-1-2",
            "2024-02-29",
            "2001-12-14 1:2:3",
            "2001-12-14 21:59:43.10",
            "2001-12-14T21:59:43Z",
            "2001-12-14t21:59:43.1-05:00",
        ];
        let no = [
            "",
            "2001",
            "2001-13-01",
            "2001-00-01",
            "2023-02-29",
            "2001-12-32",
            "2001-12-14T21:59:43",
            "2001-12-14 24:00:00",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14 21:59:43Z",
            "02001-12-14",
            "201-12-14",
            "2001-12-14x",
        ];
        for text in yes {
            assert!(is_timestamp(text), "{text}");
        }
        for text in no {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
