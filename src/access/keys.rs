//! Ed25519 keys: making them, reading them from PEM, and signing and checking the two kinds of token with them.
//!
//! Access tokens (contract section 2): JWT, EdDSA, `typ: at+jwt`, 15 minutes. Licences are JWTs of the vendor. Every
//! check names the one algorithm it accepts; a token that names another one is refused. No key has a default.

use std::collections::HashMap;
use std::sync::Mutex;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::role::Role;
use crate::domain::id::{SessionId, UserId};
use crate::domain::licence::LicenceClaims;
use crate::error::{Code, Error};

/// Audience and issuer of access tokens.
const NAME: &str = "heller";
/// What `typ` of an access token says (RFC 9068).
const ACCESS_TYPE: &str = "at+jwt";
const LICENCE_TYPE: &str = "heller-licence+jwt";
/// How far clocks may differ, in seconds.
const LEEWAY_S: i64 = 30;

/// A new key pair as PEM texts.
pub struct NewKeys {
    pub private_pem: String,
    pub public_pem: String,
}

/// # Errors
/// When the machine gives no randomness.
pub fn generate() -> Result<NewKeys, Error> {
    let document = Ed25519KeyPair::generate_pkcs8v1(&aws_lc_rs::rand::SystemRandom::new())
        .map_err(|_| Error::internal("no randomness for a new key"))?;
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(Error::internal)?;
    // The fixed head of a SubjectPublicKeyInfo for Ed25519 (RFC 8410 section 4).
    let mut public = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    public.extend_from_slice(pair.public_key().as_ref());
    Ok(NewKeys { private_pem: pem("PRIVATE KEY", document.as_ref()), public_pem: pem("PUBLIC KEY", &public) })
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Whom an access token belongs to, and for how long it is good: a second since 1970, the leeway included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    pub user: UserId,
    pub session: SessionId,
    pub good_until_s: i64,
}

/// Claims of an access token. `roles` is a hint for the front end; the gate reads them from the database.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub aud: String,
    pub sub: String,
    pub sid: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub roles: Vec<Role>,
}

/// Signs and checks access tokens.
pub struct TokenSigner {
    encoding: EncodingKey,
    decoding: DecodingKey,
    jwk: Jwk,
    kid: String,
    lifetime: Duration,
    /// Tokens whose signature was found to be ours. A signature stays what it is; times are looked at for each request.
    checked: Mutex<HashMap<[u8; 32], Checked>>,
}

/// What a token of ours says.
#[derive(Debug, Clone, Copy)]
struct Checked {
    bearer: Bearer,
    issued_at: i64,
}

/// So many tokens are remembered; a token lives for minutes.
const REMEMBERED: usize = 10_000;

impl TokenSigner {
    /// # Errors
    /// When the PEM is no Ed25519 private key.
    pub fn from_pem(private_pem: &str, lifetime: Duration) -> Result<Self, Error> {
        // Both or no backend compiled in would panic at the first token; choosing one here cannot.
        jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
        let wrong = |error: jsonwebtoken::errors::Error| {
            Error::internal(format!("the signing key is no Ed25519 private key in PEM (PKCS 8): {error}"))
        };
        let encoding = EncodingKey::from_ed_pem(private_pem.as_bytes()).map_err(wrong)?;
        let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).map_err(wrong)?;
        let decoding = DecodingKey::from_jwk(&jwk).map_err(wrong)?;
        let public = serde_json::to_string(&jwk.algorithm).map_err(Error::internal)?;
        let kid: String = hex::encode(Sha256::digest(public.as_bytes())).chars().take(16).collect();
        jwk.common.key_id = Some(kid.clone());
        Ok(Self { encoding, decoding, jwk, kid, lifetime, checked: Mutex::default() })
    }

    pub fn lifetime_s(&self) -> i64 {
        self.lifetime.num_seconds()
    }

    pub fn jwks(&self) -> JwkSet {
        JwkSet { keys: vec![self.jwk.clone()] }
    }

    pub fn sign(
        &self,
        (user, session): (UserId, SessionId),
        roles: Vec<Role>,
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let claims = AccessClaims {
            iss: NAME.to_owned(),
            aud: NAME.to_owned(),
            sub: user.to_string(),
            sid: session.to_string(),
            exp: now.timestamp().saturating_add(self.lifetime.num_seconds()),
            iat: now.timestamp(),
            jti: hex::encode(random_bytes::<16>()?),
            roles,
        };
        encode(&header, &claims, &self.encoding).map_err(Error::internal)
    }

    /// Checks signature, algorithm, type, issuer, audience and times against the caller's clock.
    ///
    /// # Errors
    /// `token_expired`, otherwise `unauthenticated`, without saying which check failed.
    pub fn check(&self, token: &str, now: DateTime<Utc>) -> Result<Bearer, Error> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.checked.lock().ok().and_then(|checked| checked.get(&digest).copied());
        let checked = match known {
            Some(checked) => checked,
            None => self.read(token)?,
        };
        let second = now.timestamp();
        if second > checked.bearer.good_until_s {
            return Err(Error::new(Code::TokenExpired));
        }
        if checked.issued_at > second.saturating_add(LEEWAY_S) {
            return Err(Error::new(Code::Unauthenticated));
        }
        if let (None, Ok(mut remembered)) = (known, self.checked.lock()) {
            if remembered.len() >= REMEMBERED {
                remembered.clear();
            }
            remembered.insert(digest, checked);
        }
        Ok(checked.bearer)
    }

    /// Checks everything that is not a matter of time.
    fn read(&self, token: &str) -> Result<Checked, Error> {
        let refused = || Error::new(Code::Unauthenticated);
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Times are checked below against our clock, which tests move.
        validation.validate_exp = false;
        validation.set_audience(&[NAME]);
        validation.set_issuer(&[NAME]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let token = decode::<AccessClaims>(token, &self.decoding, &validation).map_err(|_| refused())?;
        let typed = token.header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case(ACCESS_TYPE));
        if !typed || token.header.kid.as_deref() != Some(self.kid.as_str()) {
            return Err(refused());
        }
        let good_until_s = token.claims.exp.saturating_add(LEEWAY_S);
        let user = token.claims.sub.parse().map_err(|_| refused())?;
        let session = token.claims.sid.parse().map_err(|_| refused())?;
        Ok(Checked { bearer: Bearer { user, session, good_until_s }, issued_at: token.claims.iat })
    }
}

/// Checks licences against the vendor's public key; without the key no licence is valid.
#[derive(Default)]
pub struct LicenceVerifier {
    key: Option<DecodingKey>,
    /// The licence that was looked at last, and what it says: there is one as a rule, and every request asks.
    last: Mutex<Option<(String, Option<LicenceClaims>)>>,
}

impl LicenceVerifier {
    /// # Errors
    /// When the PEM is no Ed25519 public key.
    pub fn from_pem(public_pem: Option<&str>) -> Result<Self, Error> {
        jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
        let read = |pem: &str| {
            DecodingKey::from_ed_pem(pem.as_bytes()).map_err(|error| {
                Error::internal(format!("licence_public_key is no Ed25519 public key in PEM: {error}"))
            })
        };
        Ok(Self { key: public_pem.map(read).transpose()?, last: Mutex::default() })
    }

    /// The claims of a licence, or `None` when it is not the vendor's or was changed.
    pub fn claims(&self, token: &str) -> Option<LicenceClaims> {
        if let Ok(last) = self.last.lock()
            && let Some((known, claims)) = &*last
            && known == token
        {
            return claims.clone();
        }
        let claims = self.read(token);
        if let Ok(mut last) = self.last.lock() {
            *last = Some((token.to_owned(), claims.clone()));
        }
        claims
    }

    fn read(&self, token: &str) -> Option<LicenceClaims> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let token = decode::<LicenceClaims>(token, self.key.as_ref()?, &validation).ok()?;
        (token.header.typ.as_deref() == Some(LICENCE_TYPE)).then_some(token.claims)
    }
}

/// Issues a licence with the vendor's private key.
///
/// # Errors
/// When the PEM is no Ed25519 private key.
pub fn issue_licence(private_pem: &str, claims: &LicenceClaims) -> Result<String, Error> {
    jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default().ok();
    let key = EncodingKey::from_ed_pem(private_pem.as_bytes())
        .map_err(|error| Error::internal(format!("this is no Ed25519 private key in PEM (PKCS 8): {error}")))?;
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(LICENCE_TYPE.to_owned());
    encode(&header, claims, &key).map_err(Error::internal)
}

/// Random bytes from the operating system.
///
/// # Errors
/// When the machine gives none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn signer() -> TokenSigner {
        TokenSigner::from_pem(&generate().unwrap().private_pem, Duration::minutes(15)).unwrap()
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    const WHO: (UserId, SessionId) = (UserId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)));

    #[test]
    fn a_token_is_good_for_its_time_and_thirty_seconds() {
        let signer = signer();
        let token = signer.sign(WHO, vec![Role::Auditor], at(0)).unwrap();
        let bearer = signer.check(&token, at(0)).unwrap();
        assert_eq!((bearer.user, bearer.session), WHO);
        assert_eq!(bearer.good_until_s, at(930).timestamp());
        assert!(signer.check(&token, at(929)).is_ok());
        assert_eq!(signer.check(&token, at(931)).unwrap_err().code(), Code::TokenExpired);
        assert_eq!(signer.check(&token, at(-31)).unwrap_err().code(), Code::Unauthenticated);
    }

    #[test]
    fn a_foreign_or_changed_token_is_refused() {
        let (ours, theirs) = (signer(), signer());
        let token = theirs.sign(WHO, vec![], at(0)).unwrap();
        assert_eq!(ours.check(&token, at(0)).unwrap_err().code(), Code::Unauthenticated);
        let token = ours.sign(WHO, vec![], at(0)).unwrap();
        let (body, signature) = token.rsplit_once('.').unwrap();
        let none = STANDARD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        let payload = token.split('.').nth(1).unwrap();
        for forged in
            [format!("{body}."), format!("{none}.{payload}."), format!("{none}.{payload}.{signature}"), String::new()]
        {
            assert_eq!(ours.check(&forged, at(0)).unwrap_err().code(), Code::Unauthenticated);
        }
    }

    #[test]
    fn a_licence_of_another_vendor_says_nothing() {
        let (vendor, other) = (generate().unwrap(), generate().unwrap());
        let claims = LicenceClaims {
            edition: "pro".into(),
            modules: vec!["payment".into()],
            activated_for: Some(Uuid::from_u128(3)),
            not_before: 0,
            expires_at: 4_000_000_000,
            grace_days: 14,
        };
        let token = issue_licence(&vendor.private_pem, &claims).unwrap();
        assert_eq!(LicenceVerifier::from_pem(Some(&vendor.public_pem)).unwrap().claims(&token), Some(claims.clone()));
        assert_eq!(LicenceVerifier::from_pem(Some(&other.public_pem)).unwrap().claims(&token), None);
        assert_eq!(LicenceVerifier::from_pem(None).unwrap().claims(&token), None);
        let access = TokenSigner::from_pem(&vendor.private_pem, Duration::minutes(15)).unwrap();
        let token = access.sign(WHO, vec![], at(0)).unwrap();
        assert_eq!(LicenceVerifier::from_pem(Some(&vendor.public_pem)).unwrap().claims(&token), None);
    }
}
