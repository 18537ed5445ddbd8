//! The demo's data folder: its keys, its credentials, and the mark that says what it is.

use std::fs;
use std::path::{Path, PathBuf};

use heller::access::keys;
use heller::access::role::Role;
use heller::demo::DemoUser;
use heller::private;
use serde::{Deserialize, Serialize};

use crate::cli::failure::Failure;
use crate::cli::key::{self, Readers};
use crate::cli::user::new_password;

/// Passwords in clear text, mode 0600. `serve` refuses a folder with this file.
pub const CREDENTIALS: &str = "demo-credentials.json";
/// The public half of the vendor that a demo makes for itself.
pub const VENDOR_PUBLIC_KEY: &str = "vendor-public.pem";
/// What a demo writes besides; `--fresh` deletes exactly these.
const FILES: [&str; 11] = [
    "signing-key.pem",
    "vendor-key.pem",
    VENDOR_PUBLIC_KEY,
    "heller.sqlite",
    "heller.sqlite-wal",
    "heller.sqlite-shm",
    "sandbox.sqlite",
    "sandbox.sqlite-wal",
    "sandbox.sqlite-shm",
    "demo-story.json",
    CREDENTIALS,
];

#[derive(Debug, Serialize, Deserialize)]
struct Credentials {
    warning: String,
    users: Vec<DemoUser>,
}

pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder of a demo, or makes one; refuses a folder with other people's data.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let folder = Self { path: path.to_owned() };
        let foreign = folder.file("heller.sqlite").exists() && !folder.is_marked();
        if foreign {
            return Err(Failure::settings(format!(
                "{} holds a database that is not a demo's; choose another --data-dir",
                path.display()
            )));
        }
        private::folder(path).map_err(|error| folder.unusable(&error))?;
        Ok(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn unusable(&self, error: &std::io::Error) -> Failure {
        Failure::settings(format!("cannot use {}: {error}", self.path.display()))
    }

    /// The key that signs access tokens.
    pub fn signing_key(&self) -> PathBuf {
        self.file("signing-key.pem")
    }

    /// The public half of a vendor made on the spot.
    pub fn vendor_public_key(&self) -> PathBuf {
        self.file(VENDOR_PUBLIC_KEY)
    }

    /// Makes the keys that are not there yet.
    pub fn ensure_keys(&self) -> Result<(), Failure> {
        let (signing, private, public) = (self.signing_key(), self.file("vendor-key.pem"), self.vendor_public_key());
        if !signing.exists() {
            key::write_new(&signing, &keys::generate()?.private_pem, Readers::Owner)?;
        }
        if !private.exists() || !public.exists() {
            let made = keys::generate()?;
            fs::remove_file(&private).ok();
            fs::remove_file(&public).ok();
            key::write_new(&private, &made.private_pem, Readers::Owner)?;
            key::write_new(&public, &made.public_pem, Readers::Everybody)?;
        }
        Ok(())
    }

    /// Whether this folder is a demo's.
    pub fn is_marked(&self) -> bool {
        self.file(CREDENTIALS).exists()
    }

    pub fn vendor_private_key(&self) -> Result<String, Failure> {
        fs::read_to_string(self.file("vendor-key.pem")).map_err(|error| self.unusable(&error))
    }

    /// One user per role, with passwords that were made for this folder; written down before they are used.
    pub fn credentials(&self) -> Result<Vec<DemoUser>, Failure> {
        let path = self.file(CREDENTIALS);
        if let Ok(text) = fs::read_to_string(&path) {
            let known: Credentials = serde_json::from_str(&text)
                .map_err(|error| Failure::settings(format!("{}: {error}", path.display())))?;
            return Ok(known.users);
        }
        let users = Role::ALL.iter().map(|role| user(*role)).collect::<Result<Vec<_>, Failure>>()?;
        let warning = "Known passwords: never use this folder for real data.".to_owned();
        let text = serde_json::to_string_pretty(&Credentials { warning, users: users.clone() });
        key::write_new(&path, &text.map_err(Failure::internal)?, Readers::Owner)?;
        Ok(users)
    }

    /// Whether the story has been told to the end in this folder.
    pub fn is_told(&self) -> bool {
        self.file("demo-story.json").exists()
    }

    pub fn mark_told(&self, sandbox_account_id: &str) -> Result<(), Failure> {
        let text = serde_json::json!({ "sandbox_account_id": sandbox_account_id }).to_string();
        fs::write(self.file("demo-story.json"), text).map_err(|error| self.unusable(&error))
    }

    /// Deletes what a demo wrote, and nothing else.
    pub fn wipe(&self) -> Result<(), Failure> {
        for name in FILES {
            match fs::remove_file(self.file(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(self.unusable(&error)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn user(role: Role) -> Result<DemoUser, Failure> {
    Ok(DemoUser { role: role.to_string(), email: format!("{role}@demo.example"), password: new_password()? })
}
