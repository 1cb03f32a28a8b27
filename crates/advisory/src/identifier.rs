//! Names of advisories and vulnerabilities, packed.

use std::fmt;

use crate::database::bytes::{Reader, push_text, push_varint};

/// The letters a GitHub advisory's name is made of.
const GHSA_LETTERS: &[u8; 23] = b"23456789cfghjmpqrvwx000";
/// How many of them there are.
const GHSA_BASE: u64 = 20;
/// Letters of a name, without `GHSA` and dashes.
const GHSA_LENGTH: usize = 12;

/// The name of an advisory or a vulnerability. Copied, never allocated; the order is that of
/// CVE ids by year and number first, then GHSA ids, then all others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Identifier<'a> {
    /// `CVE-2021-44228`: year and number.
    Cve(u16, u32),
    /// `GHSA-jfh8-c2jp-5v3q`, its letters as one number.
    Ghsa(u64),
    /// Any other, as it is written.
    Text(&'a str),
}

impl<'a> Identifier<'a> {
    /// Reads a name. What is not written exactly as a CVE or GHSA id is kept as text.
    pub fn parse(text: &'a str) -> Self {
        let found = match text.split_once('-') {
            Some(("CVE", rest)) => cve(rest),
            Some(("GHSA", rest)) => ghsa(rest),
            _ => None,
        };
        found.filter(|found| found.to_string() == text).unwrap_or(Self::Text(text))
    }

    /// Whether it is a CVE id.
    pub fn is_cve(self) -> bool {
        matches!(self, Self::Cve(..))
    }

    pub(crate) fn write(self, to: &mut Vec<u8>) {
        match self {
            Self::Cve(year, number) => {
                to.push(0);
                push_varint(to, u64::from(year));
                push_varint(to, u64::from(number));
            }
            Self::Ghsa(letters) => {
                to.push(1);
                to.extend(letters.to_le_bytes());
            }
            Self::Text(text) => {
                to.push(2);
                push_text(to, text);
            }
        }
    }

    pub(crate) fn read(from: &mut Reader<'a>) -> Option<Self> {
        Some(match from.byte()? {
            0 => Self::Cve(from.varint()?.try_into().ok()?, from.varint()?.try_into().ok()?),
            1 => Self::Ghsa(from.u64()?),
            2 => Self::Text(from.text()?),
            _ => return None,
        })
    }
}

fn cve(rest: &str) -> Option<Identifier<'static>> {
    let (year, number) = rest.split_once('-')?;
    Some(Identifier::Cve(year.parse().ok()?, number.parse().ok()?))
}

fn ghsa(rest: &str) -> Option<Identifier<'static>> {
    let mut letters = 0_u64;
    let mut count = 0;
    for letter in rest.bytes().filter(|byte| *byte != b'-') {
        let place = GHSA_LETTERS.iter().take(GHSA_BASE as usize).position(|it| *it == letter)?;
        count += 1;
        if count > GHSA_LENGTH {
            return None;
        }
        letters = letters * GHSA_BASE + place as u64;
    }
    (count == GHSA_LENGTH).then_some(Identifier::Ghsa(letters))
}

impl fmt::Display for Identifier<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // At least four digits, as CVE's own rules ask for.
            Self::Cve(year, number) => write!(to, "CVE-{year:04}-{number:04}"),
            Self::Ghsa(letters) => {
                to.write_str("GHSA")?;
                let mut place = GHSA_BASE.pow(GHSA_LENGTH as u32);
                for at in 0..GHSA_LENGTH {
                    if at % 4 == 0 {
                        to.write_str("-")?;
                    }
                    place /= GHSA_BASE;
                    let letter = GHSA_LETTERS[(letters / place % GHSA_BASE) as usize];
                    write!(to, "{}", char::from(letter))?;
                }
                Ok(())
            }
            Self::Text(text) => to.write_str(text),
        }
    }
}
