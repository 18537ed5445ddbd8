//! The language of an answer: German or English, from `Accept-Language`. English when neither is asked for.

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    De,
    En,
}

impl Lang {
    pub fn of(request: &HttpRequest) -> Self {
        let header = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        header.map_or(Self::En, Self::parse)
    }

    /// The better of the two by quality; the first named wins a tie.
    fn parse(header: &str) -> Self {
        let mut best = (0_u32, Self::En);
        for part in header.split(',') {
            let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
            let quality = weight.trim().strip_prefix("q=").map_or(0, thousandths);
            let Some(lang) = Self::named(tag) else { continue };
            if quality > best.0 {
                best = (quality, lang);
            }
        }
        best.1
    }

    /// By the first two letters of a language tag or a locale: `de-AT`, `de_DE.UTF-8`.
    pub fn named(tag: &str) -> Option<Self> {
        match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("de") => Some(Self::De),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }

    pub const fn tag(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// One of an English and a German text.
    pub fn pick<T>(self, (english, german): (T, T)) -> T {
        match self {
            Self::De => german,
            Self::En => english,
        }
    }
}

/// `0.8` as 800; nonsense as 0.
pub fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality.trim().split_once('.').unwrap_or((quality.trim(), ""));
    let fraction = format!("{fraction:0<3}");
    let digits = format!("{whole}{}", fraction.get(..3).unwrap_or("000"));
    digits.parse().unwrap_or(0).min(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_quality_wins_and_english_is_the_rest() {
        for (header, lang) in [
            ("de", Lang::De),
            ("de-AT,de;q=0.9,en;q=0.8", Lang::De),
            ("en;q=0.8, de;q=0.9", Lang::De),
            ("fr, en;q=0.5", Lang::En),
            ("fr", Lang::En),
            ("en-GB,en;q=0.9,de;q=0.8", Lang::En),
            ("", Lang::En),
            ("de;q=x", Lang::En),
            ("de; q=0.5, en; q=0.9", Lang::En),
        ] {
            assert_eq!(Lang::parse(header), lang, "{header}");
        }
    }
}
