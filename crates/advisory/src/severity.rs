//! How bad a vulnerability is: words and CVSS scores.

/// A word for it. Scores are rated as CVSS 3.1 and 4.0 do in their section "Qualitative Severity
/// Rating Scale".
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Rating {
    /// Nobody has said.
    #[default]
    Unknown,
    /// The vendor says it does not matter (Debian's `unimportant`, Ubuntu's `negligible`).
    Negligible,
    /// 0.1 to 3.9.
    Low,
    /// 4.0 to 6.9.
    Medium,
    /// 7.0 to 8.9.
    High,
    /// 9.0 to 10.0.
    Critical,
}

impl Rating {
    /// All of them, in their order.
    pub const ALL: [Self; 6] =
        [Self::Unknown, Self::Negligible, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name in outputs and policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The rating of a vendor's word, whatever its case; unknown for words without a meaning.
    pub fn of_word(word: &str) -> Self {
        let is = |words: &[&str]| words.iter().any(|it| word.eq_ignore_ascii_case(it));
        if is(&["critical"]) {
            Self::Critical
        } else if is(&["high", "important"]) {
            Self::High
        } else if is(&["medium", "moderate"]) {
            Self::Medium
        } else if is(&["low"]) {
            Self::Low
        } else if is(&["negligible", "unimportant", "none"]) {
            Self::Negligible
        } else {
            Self::Unknown
        }
    }

    /// The rating of a CVSS score in tenths, 0 to 100; 0 is negligible.
    pub fn of_score(tenths: u8) -> Self {
        match tenths {
            0 => Self::Negligible,
            1..=39 => Self::Low,
            40..=69 => Self::Medium,
            70..=89 => Self::High,
            _ => Self::Critical,
        }
    }

    pub(crate) fn of_place(place: u8) -> Self {
        Self::ALL.get(usize::from(place)).copied().unwrap_or_default()
    }
}

/// The score of a CVSS vector (2.0, 3.0, 3.1 or 4.0) in tenths, 0 to 100; none for what is no
/// vector.
pub fn score_of(vector: &str) -> Option<u8> {
    // Long texts are no vectors; the longest has some 250 bytes.
    const VECTOR_BYTES_MAX: usize = 512;
    if vector.len() > VECTOR_BYTES_MAX {
        return None;
    }
    // A vector of version 2 is often written in parentheses.
    let vector = vector.trim().trim_start_matches('(').trim_end_matches(')');
    // The library takes a metric that is missing as one without effect.
    let needed: &[&str] = match vector.split_once('/') {
        Some((prefix, _)) if prefix.starts_with("CVSS:3") => {
            &["AV:", "AC:", "PR:", "UI:", "S:", "C:", "I:", "A:"]
        }
        Some((prefix, _)) if prefix.starts_with("CVSS:") => &[],
        _ => &["AV:", "AC:", "Au:", "C:", "I:", "A:"],
    };
    if !needed.iter().all(|name| vector.split('/').any(|metric| metric.starts_with(name))) {
        return None;
    }
    let score = vector.parse::<cvss::Cvss>().ok()?.score();
    #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and 100")]
    let tenths = (score * 10.0).round().clamp(0.0, 100.0) as u8;
    Some(tenths)
}
