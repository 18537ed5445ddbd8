//! The release binary in a folder of its own: keys, users, a licence, an account; started, stopped, measured.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Failure;
use crate::raw::Merchant;

const PASSWORD: &str = "correct horse battery staple";
const READY_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(1);
/// How long after the start memory is idle.
const IDLE_AFTER: Duration = Duration::from_secs(2);
const STARTS: usize = 5;

/// heller in its folder, running or not. Dropping it ends the server and removes the folder.
pub struct Heller {
    folder: PathBuf,
    database_url: String,
    address: String,
    http: Client,
    child: Option<Child>,
}

/// How quickly it starts and how small it is, on the database as it is now.
pub struct Idle {
    pub ready: Vec<Duration>,
    pub rss_kib: Option<u64>,
}

/// The folder of a run: on a disk, because /tmp may be memory.
pub fn folder(name: &str) -> Result<PathBuf, Failure> {
    let disk = Some(PathBuf::from("/var/tmp")).filter(|folder| folder.is_dir()).unwrap_or_else(env::temp_dir);
    let folder = disk.join(format!("heller-bench-{}-{name}", std::process::id()));
    fs::create_dir(&folder).map_err(Failure::at("making a folder"))?;
    Ok(folder)
}

impl Heller {
    /// Makes the keys and starts on a database that is new.
    pub async fn install(folder: PathBuf, database_url: String) -> Result<Self, Failure> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let free = free.map_err(Failure::at("looking for a port"))?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(30)).build();
        let http = http.map_err(Failure::at("making a client"))?;
        let mut heller = Self { folder, database_url, address: format!("{free}"), http, child: None };
        heller.run(&["key", "init", "signing-key.pem"], "")?;
        heller.run(&["licence", "keygen"], "")?;
        heller.start().await?;
        Ok(heller)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Settings are the defaults, but for the folder, the keys, and tokens that outlive the run.
    fn command(&self, arguments: &[&str]) -> Result<Command, Failure> {
        let bench = env::current_exe().map_err(Failure::at("finding the binary"))?;
        let mut command = Command::new(bench.with_file_name("heller"));
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in env::vars().filter(|(name, _)| name.starts_with("HELLER_")) {
            command.env_remove(name);
        }
        command.env("HELLER_LISTEN", &self.address).env("HELLER_DATA_DIR", &self.folder);
        command.env("HELLER_DATABASE_URL", &self.database_url).env("HELLER_ACCESS_TOKEN_MINUTES", "240");
        command.env("HELLER_SIGNING_KEY_FILE", "signing-key.pem");
        command.env("HELLER_LICENCE_PUBLIC_KEY_FILE", "licence-public.pem");
        Ok(command)
    }

    /// Runs a command that ends by itself and answers what it prints.
    pub fn run(&self, arguments: &[&str], input: &str) -> Result<String, Failure> {
        let mut command = self.command(arguments)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(Failure::at("starting heller; is the release binary built"))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).map_err(Failure::at("writing to heller"))?;
        }
        let output = child.wait_with_output().map_err(Failure::at("waiting for heller"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(text);
        }
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::new(format!("heller {}: {}\n{text}{said}", arguments.join(" "), output.status)))
    }

    /// Starts, and answers how long it took until it answered.
    pub async fn start(&mut self) -> Result<Duration, Failure> {
        let log = File::options().create(true).append(true).open(self.folder.join("serve.log"));
        let mut command = self.command(&["serve"])?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.map_err(Failure::at("making a log"))?);
        let begun = Instant::now();
        self.child = Some(command.spawn().map_err(Failure::at("starting heller"))?);
        let live = self.url("/health/live");
        while begun.elapsed() < READY_WITHIN {
            if self.http.get(&live).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(begun.elapsed());
            }
            tokio::time::sleep(POLL).await;
        }
        let log = fs::read_to_string(self.folder.join("serve.log")).unwrap_or_default();
        Err(Failure::new(format!("heller does not start:\n{log}")))
    }

    /// Asks it to stop, as a service manager does, and waits.
    fn stop(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            child.kill().map_err(Failure::at("stopping heller"))?;
        }
        child.wait().map(drop).map_err(Failure::at("stopping heller"))
    }

    /// Stops and starts; answers how long the start took.
    pub async fn restart(&mut self) -> Result<Duration, Failure> {
        self.stop()?;
        self.start().await
    }

    /// Stops and starts several times.
    pub async fn idle(&mut self) -> Result<Idle, Failure> {
        let mut ready = Vec::new();
        for _ in 0..STARTS {
            ready.push(self.restart().await?);
        }
        tokio::time::sleep(IDLE_AFTER).await;
        let rss_kib = self.pid().and_then(|pid| crate::cpu::memory_kib(pid, "VmRSS"));
        Ok(Idle { ready, rss_kib })
    }

    /// Makes the users, the licence, the settings and the account; answers an accountant's token too.
    pub async fn set_up(&self) -> Result<(Merchant, String), Failure> {
        let (admin, accountant) = (self.user("admin").await?, self.user("accountant").await?);
        let shown = self.run(&["licence", "show"], "")?;
        let installation = shown.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let issue = ["licence", "issue", "--key", "licence-private.pem", "--installation", &installation];
        let licence = self.run(&issue, "")?;
        self.ask(self.http.put(self.url("/v1/licence")).bearer_auth(&admin), json!({ "token": licence.trim() }))
            .await?;
        let settings = json!({ "four_eyes": "off", "auto_assign_after_run": false, "auto_assign_max_age_days": 90,
            "allow_return_of_unassigned": true });
        let put = self.http.put(self.url("/v1/settings")).bearer_auth(&admin).header("If-Match", "*");
        self.ask(put, settings).await?;
        let new = json!({ "name": "Sandbox", "provider": "sandbox", "currency": "EUR" });
        let account = self.ask(self.post("/v1/payment-accounts", &admin), new).await?;
        let me = self.ask(self.get("/v1/auth/me", &accountant), Value::Null).await?;
        let merchant = Merchant { account: id_of(&account["id"])?, user: id_of(&me["id"])? };
        Ok((merchant, accountant))
    }

    async fn user(&self, role: &str) -> Result<String, Failure> {
        let email = email_of(role);
        let create = ["user", "create", "--email", &email, "--name", role, "--role", role, "--password-stdin"];
        self.run(&create, &format!("{PASSWORD}\n"))?;
        self.login(role).await
    }

    /// A token of the user that [`Self::set_up`] made for a role.
    pub async fn login(&self, role: &str) -> Result<String, Failure> {
        let email = email_of(role);
        let login = self.http.post(self.url("/v1/auth/login"));
        let tokens = self.ask(login, json!({ "email": email, "password": PASSWORD })).await?;
        Ok(tokens["access_token"].as_str().unwrap_or_default().to_owned())
    }

    pub fn get(&self, path: &str, token: &str) -> RequestBuilder {
        self.http.get(self.url(path)).bearer_auth(token)
    }

    /// With a key, because most of what is made wants one.
    pub fn post(&self, path: &str, token: &str) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(token).header("Idempotency-Key", Uuid::new_v4().to_string())
    }

    /// Sends, with a JSON body unless it is null; answers the JSON of a success.
    pub async fn ask(&self, request: RequestBuilder, body: Value) -> Result<Value, Failure> {
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.map_err(Failure::at("asking heller"))?;
        let (status, path) = (answer.status(), answer.url().path().to_owned());
        let body: Value = answer.json().await.map_err(Failure::at(&path))?;
        if status.is_success() { Ok(body) } else { Err(Failure::new(format!("{path}: {status} {body}"))) }
    }
}

impl Drop for Heller {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn email_of(role: &str) -> String {
    format!("{role}@bench.example")
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The id of heller's text form: a prefix, `_`, and 128 bits in base32.
pub fn text_id(prefix: &str, bits: u128) -> String {
    let digit = |place: u32| {
        let five = (bits >> (5 * place)) & 31;
        usize::try_from(five).ok().and_then(|digit| ALPHABET.get(digit)).map_or('0', |byte| char::from(*byte))
    };
    format!("{prefix}_{}", (0..26).rev().map(digit).collect::<String>())
}

pub fn id_of(text: &Value) -> Result<Uuid, Failure> {
    let unreadable = || Failure::new(format!("no id: {text}"));
    let (_, digits) = text.as_str().and_then(|text| text.rsplit_once('_')).ok_or_else(unreadable)?;
    let mut bits = 0_u128;
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte).ok_or_else(unreadable)?;
        bits = (bits << 5) | u128::try_from(digit).map_err(|_| unreadable())?;
    }
    Ok(Uuid::from_u128(bits))
}

#[test]
fn an_id_keeps_its_bits() {
    let bits = 0x019a_0000_0000_7000_8012_0000_0001_e240;
    let text = text_id("mov", bits);
    assert_eq!((text.len(), id_of(&json!(text)).map(|id| id.as_u128()).ok()), (30, Some(bits)));
}
