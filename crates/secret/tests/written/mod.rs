//! Texts of the pages with their random parts filled in. The repository holds no text that a
//! scanner or a vendor could take for a live credential.
#![allow(dead_code, clippy::unwrap_used, reason = "a helper of several tests")]

const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Numbers without a pattern, the same on every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 20) as usize % limit
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    /// The text with `⟨hex 32⟩` and the like filled in.
    pub(crate) fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('⟨') {
            let (what, behind) = behind.split_once('⟩').unwrap();
            filled.push_str(before);
            filled.push_str(&self.part(what));
            rest = behind;
        }
        filled + rest
    }

    fn part(&mut self, what: &str) -> String {
        let (kind, argument) = what.split_once(' ').unwrap_or((what, ""));
        let length = || argument.parse().unwrap();
        match kind {
            "alnum" => self.of(ALPHANUMERIC, length()),
            "hex" => self.of("0123456789abcdef", length()),
            "base32" => self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length()),
            "letters" => self.of(&ALPHANUMERIC[..52], length()),
            "upper" => self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length()),
            "digits" => self.of("123456789", length()),
            "uuid" => [8, 4, 4, 4, 12].map(|it| self.of("0123456789abcdef", it)).join("-"),
            "checked" => {
                let body = self.of(ALPHANUMERIC, length());
                let sum = base62(crc32(body.as_bytes()));
                body + &sum
            }
            "newline" => "\n".to_owned(),
            "base64" => base64(argument),
            "pem" => self.pem(argument),
            "base64pem" => base64(&self.pem(argument)),
            "base64jwt" => base64(&self.part("jwt")),
            "jwt" | "jwtwithoutsignature" => {
                let part = |text: &str| base64(text).trim_end_matches('=').to_owned();
                let head = part(r#"{"alg":"HS256","typ":"JWT"}"#);
                let claims = part(r#"{"sub":"alice","iss":"shop"}"#);
                let signature = self.of(ALPHANUMERIC, 43);
                let token = format!("{head}.{claims}");
                if kind == "jwt" { format!("{token}.{signature}") } else { token }
            }
            other => panic!("`{other}` stands for nothing"),
        }
    }

    fn pem(&mut self, label: &str) -> String {
        let lines = [64, 64, 20].map(|it| self.of(ALPHANUMERIC, it)).join("\n");
        format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----")
    }
}

fn base62(mut rest: u32) -> String {
    let mut digits = Vec::new();
    for _ in 0..6 {
        let digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        digits.insert(0, char::from(digit[(rest % 62) as usize]));
        rest /= 62;
    }
    digits.into_iter().collect()
}

/// By polynomial division of the whole message, not byte by byte as the program does it.
fn crc32(bytes: &[u8]) -> u32 {
    let message = bytes.iter().chain(&[0; 4]).enumerate();
    let mut rest: u64 = 0;
    for (at, byte) in message {
        let byte = if at < 4 { byte ^ 0xFF } else { *byte };
        for bit in 0..8 {
            rest = rest << 1 | u64::from(byte >> bit & 1);
            if rest >> 32 & 1 == 1 {
                rest ^= 0x1_04C1_1DB7;
            }
        }
    }
    !(rest as u32).reverse_bits()
}

fn base64(text: &str) -> String {
    let digits = [ALPHANUMERIC, "+/"].concat().into_bytes();
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = char::from(digits[(bits >> (18 - 6 * at) & 63) as usize]);
            encoded.push(if at > chunk.len() { '=' } else { digit });
        }
    }
    encoded
}
